import ClickHouseClient
import ClickHouseProtocol
import Testing
import Transport

@Suite("A user who may only read (readonly = 1)", .enabled(if: LiveServer.hasReader, LiveServer.notAvailable))
struct ReaderTests {
    private func withReader(
        _ change: (inout ClickHouseConfiguration) -> Void = { _ in }, _ body: (ClickHouseClient) async throws -> Void
    ) async throws {
        try await LiveServer.withClient {
            $0.user = LiveServer.reader
            $0.connectionsPerLoop = 1
            change(&$0)
        } _: {
            try await body($0)
        }
    }

    /// Newer servers tell of it in their hello, older ones do not.
    static let revisions = [Revision.newest, Revision(rawValue: 54_473), Revision(rawValue: 54_459)]

    @Test(
        "Asks, with parameters and in any compression, and is answered",
        arguments: ClickHouseConfiguration.Compression.allCases, revisions)
    func asks(compression: ClickHouseConfiguration.Compression, revision: Revision) async throws {
        try await withReader {
            $0.compression = compression
            $0.revision = revision
        } _: { client in
            for _ in 0..<2 {
                let query = ClickHouseQuery(
                    "SELECT sum(number) FROM (SELECT number FROM numbers({n:UInt64}))",
                    parameters: [QueryParameter("n", .uint(100_000))])
                #expect(try await client.rows(query, as: Int.self) == [4_999_950_000])
            }
            let rows = try await client.query("SELECT number, toString(number) AS text FROM numbers(200000)") {
                result in
                try await result.collect().reduce(0) { $0 + $1.rowCount }
            }
            #expect(rows == 200_000)
        }
    }

    @Test("Is refused an insert with the server's own words, and asks on")
    func insert() async throws {
        try await LiveServer.withClient {
            try await $0.execute("CREATE TABLE IF NOT EXISTS unwritten (n UInt64) ENGINE = Memory")
        }
        for revision in Self.revisions {
            try await withReader {
                $0.revision = revision
            } _: { client in
                let block = try Block([Column(name: "n", type: .uint64, data: .uint64([1]))])
                let error = await #expect(throws: ClickHouseError.self) {
                    try await client.insert(into: "unwritten", block)
                }
                #expect(error?.serverCodeName == "READONLY")
                #expect(error?.message.contains("Cannot execute query in readonly mode") == true)
                #expect(error?.isOutcomeUnknown == false)
                #expect(try await client.rows("SELECT 1", as: Int.self) == [1])
            }
        }
    }

    @Test("Is refused a setting of the caller's own, with the server's words")
    func ownSetting() async throws {
        try await withReader { client in
            for name in ["max_threads", "network_compression_method"] {
                let value = name == "max_threads" ? "1" : "NONE"
                let query = ClickHouseQuery("SELECT 1", settings: [Setting(name, value)])
                let error = await #expect(throws: ClickHouseError.self) { try await client.execute(query) }
                #expect(error?.serverCodeName == "READONLY")
                #expect(error?.message.contains(name) == true)
            }
        }
    }
}
