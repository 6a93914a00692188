import ClickHouseClient
import ClickHouseProtocol
import TestSupport
import Testing
import Transport

@Suite("Results as sequences, against a real server", .enabled(if: LiveServer.isAvailable, LiveServer.notAvailable))
struct SequenceTests {
    private func withOneConnection(_ body: (ClickHouseClient) async throws -> Void) async throws {
        try await LiveServer.withClient {
            $0.connectionsPerLoop = 1
        } _: {
            try await body($0)
        }
    }

    @Test("A result that was read, left in the middle, never asked for, or failed, gives its connection back")
    func givesBack() async throws {
        try await withOneConnection { client in
            for round in 0..<5 {
                var sum = 0
                for try await number in try await client.query("SELECT number FROM numbers(10)", as: Int.self) {
                    sum += number
                }
                #expect(sum == 45)
                for try await block in try await client.query("SELECT number FROM system.numbers") {
                    #expect(block.rowCount > 0)
                    break
                }
                for try await number in try await client.query("SELECT number FROM system.numbers", as: Int.self) {
                    if number == round { break }
                }
                _ = try await client.query("SELECT number FROM system.numbers")
                let error = await #expect(throws: ClickHouseError.self) {
                    for try await _ in try await client.query("SELECT throwIf(number = 100000) FROM numbers(200000)") {}
                }
                #expect(error?.serverCode == 395)
                #expect(error?.queryID != nil)
                await #expect(throws: ClickHouseError.self) { try await client.query("SELECT nonsense").collect() }
            }
            #expect(try await client.rows("SELECT 1", as: Int.self) == [1])
        }
    }

    @Test("What a borrower changes of the session ends with the borrowing")
    func session() async throws {
        try await withOneConnection { client in
            try await client.withConnection { connection in
                try await connection.execute("SET max_block_size = 77")
                try await connection.execute("CREATE TEMPORARY TABLE passing (n UInt8)")
                var sizes: [Int] = []
                try await connection.query("SELECT getSetting('max_block_size')") { result in
                    for try await size in result.rows(as: Int.self) { sizes.append(size) }
                }
                #expect(sizes == [77])
            }
            #expect(try await client.rows("SELECT getSetting('max_block_size') = 77", as: Int.self) == [0])
            let error = await #expect(throws: ClickHouseError.self) {
                try await client.execute("SELECT * FROM passing")
            }
            #expect(error?.serverCodeName == "UNKNOWN_TABLE")
        }
    }

    @Test("A result that is held keeps others waiting, and a client that is closed waits for no reader")
    func held() async throws {
        try await withOneConnection { client in
            let held = try await client.query("SELECT number FROM system.numbers")
            let error = await #expect(throws: ClickHouseError.self) {
                try await client.ping(deadline: .after(.milliseconds(100)))
            }
            #expect(error?.code == .poolExhausted || error?.code == .deadline)
            #expect(try await held.next() != nil)
            await client.close()
            #expect(try await held.next() != nil)
        }
    }

    @Test("A statement that may have had an effect says so, as a sequence too")
    func fate() async throws {
        let server = try await LiveServer.own()
        let group = try EventLoopGroup(loops: 1)
        let client = ClickHouseClient(ClickHouseConfiguration(.tcp(host: "127.0.0.1", port: server.port)), on: group)
        try await client.execute("CREATE TABLE copied (n UInt64) ENGINE = MergeTree ORDER BY n")
        for (text, isUnknown) in [
            ("INSERT INTO copied SELECT number + sleepEachRow(1) FROM numbers(100)", true),
            ("SELECT number + sleepEachRow(1) FROM numbers(100)", false),
        ] {
            var query = ClickHouseQuery(unescaped: text, settings: [Setting("max_block_size", "1")])
            query.deadline = .after(.seconds(1))
            let late = query
            let error = await #expect(throws: ClickHouseError.self) {
                for try await _ in try await client.query(late) {}
            }
            #expect(error?.code == .deadline)
            #expect(error?.isOutcomeUnknown == isUnknown)
            #expect(error?.isRetriable == !isUnknown)
        }
        await client.close()
        await group.shutdown()
    }
}
