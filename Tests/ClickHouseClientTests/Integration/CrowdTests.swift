import ClickHouseClient
import ClickHouseProtocol
import TestSupport
import Testing
import Transport

@Suite(
    "Many callers of few connections, against a real server",
    .enabled(if: LiveServer.isAvailable, LiveServer.notAvailable))
struct CrowdTests {
    @Test("Ten thousand short queries at once over eight connections: each gets its own answer")
    func crowd() async throws {
        try await withCrowd { client, server in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<10_000 {
                    group.addTask { try await client.rows("SELECT \(number)", as: Int.self) == [number] }
                }
                for try await isRight in group where !isRight { Issue.record("another query's answer") }
            }
            try await expectFew(client)
        }
    }

    @Test("A thousand of them are cancelled in the middle: the others are answered, and no connection is lost for good")
    func cancelled() async throws {
        try await withCrowd { client, server in
            let tasks = (0..<2000).map { number in
                Task {
                    // Long enough to be met at any stage.
                    try await client.rows("SELECT \(number) + number FROM numbers(3000)", as: Int.self)
                }
            }
            for number in stride(from: 1, to: 2000, by: 2) {
                tasks[number].cancel()
                if number % 16 == 1 { await BlockingPool.run { _ = ProcessMemory.resident } }
            }
            for (number, task) in tasks.enumerated() {
                do {
                    let rows = try await task.value
                    #expect(rows.count == 3000)
                    #expect(rows.first == number)
                } catch let error as ClickHouseError {
                    #expect(error.code == .cancelled)
                    #expect(number % 2 == 1)
                }
            }
            try await expectFew(client)
        }
    }

    private func withCrowd(_ body: (ClickHouseClient, ScriptedServer) async throws -> Void) async throws {
        let server = try await LiveServer.own()
        let group = try EventLoopGroup(loops: 2)
        var configuration = ClickHouseConfiguration(.tcp(host: "127.0.0.1", port: server.port))
        configuration.connectionsPerLoop = 4
        configuration.waitersPerLoop = 10_000
        configuration.acquireTimeout = .seconds(240)
        let client = ClickHouseClient(configuration, on: group)
        do {
            try await body(client, server)
        } catch {
            await client.close()
            await group.shutdown()
            throw error
        }
        await client.close()
        await group.shutdown()
    }

    /// The server has no more connections than the pool may have, and no query but the one that asks.
    private func expectFew(_ client: ClickHouseClient) async throws {
        try await until("few connections", within: .seconds(60)) {
            let counts = try await client.rows(
                """
                SELECT toUInt64(value) FROM system.metrics WHERE metric = 'TCPConnection'
                UNION ALL SELECT count() FROM system.processes WHERE query LIKE '%numbers(3000)%'
                """, as: Int.self)
            return counts.count == 2 && counts.allSatisfy { $0 <= 8 }
        }
    }
}
