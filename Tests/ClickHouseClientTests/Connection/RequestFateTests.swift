import ClickHouseProtocol
import Testing

@testable import ClickHouseClient

@Suite("What a failed request may have brought about")
struct RequestFateTests {
    private static let failures = [
        ClickHouseError(.deadline, "late", isRetriable: true),
        ClickHouseError(.connectionLost, "lost", isRetriable: true),
        ClickHouseError(.cancelled, "cancelled"), ClickHouseError(.protocolViolation, "nonsense"),
        ClickHouseError(ServerException(code: 241, name: "DB::Exception", message: "memory")),
    ]

    @Test("An INSERT of which no rows were sent had no effect", arguments: failures)
    func insertWithoutRows(failure: ClickHouseError) {
        var fate = RequestFate(.insert)
        fate.willSendQuery()
        #expect(fate.fail(failure) == failure)
    }

    @Test("Once rows may have left, whatever ends an INSERT leaves its outcome unknown", arguments: failures)
    func insertWithRows(failure: ClickHouseError) {
        var fate = RequestFate(.insert)
        fate.willSendQuery()
        fate.willSendRows()
        let error = fate.fail(failure)
        #expect(error.isOutcomeUnknown)
        #expect(!error.isRetriable)
        #expect(error.code == failure.code && error.message == failure.message)
    }

    @Test("A query that only reads may be asked again, whatever became of it", arguments: failures)
    func reading(failure: ClickHouseError) {
        var fate = RequestFate(.reading)
        fate.willSendQuery()
        #expect(fate.fail(failure) == failure)
    }

    @Test("A statement that was sent may have had an effect", arguments: failures)
    func statement(failure: ClickHouseError) {
        var fate = RequestFate(.statement)
        fate.willSendQuery()
        #expect(fate.fail(failure).isOutcomeUnknown)
    }

    @Test("One that was not sent, or was refused before it began, had none")
    func refused() {
        var fate = RequestFate(.statement)
        #expect(fate.fail(Self.failures[0]).isRetriable)
        fate = RequestFate(.statement)
        fate.willSendQuery()
        let busy = fate.fail(ClickHouseError(ServerException(code: 202, name: "DB::Exception", message: "too many")))
        #expect(!busy.isOutcomeUnknown)
        #expect(busy.isRetriable)
    }

    @Test("What fails later is a consequence of the first failure")
    func first() {
        var fate = RequestFate(.insert)
        fate.willSendRows()
        let first = fate.fail(ClickHouseError(.deadline, "late", isRetriable: true))
        #expect(fate.fail(ClickHouseError(.connectionLost, "closed")) == first)
    }

    @Test(
        "Which queries only read",
        arguments: [
            ("SELECT 1", true), ("  select 1", true), ("(SELECT 1) UNION ALL (SELECT 2)", true),
            ("-- a remark\n/* and */ SHOW TABLES", true), ("DESCRIBE t", true), ("EXPLAIN SELECT 1", true),
            ("WITH x AS (SELECT 1) SELECT * FROM x", true),
            ("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", false),
            ("INSERT INTO t SELECT 1", false), ("CREATE TABLE t (n UInt8)", false),
            ("ALTER TABLE t DELETE WHERE 1", false),
            ("/* SELECT */ DROP TABLE t", false), ("SYSTEM RELOAD CONFIG", false), ("", false), ("/*", false),
            ("1", false),
        ])
    func texts(text: String, onlyReads: Bool) {
        #expect(RequestFate.onlyReads(text) == onlyReads)
    }
}
