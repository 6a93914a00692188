import Bytes
import ClickHouseClient
import ClickHouseProtocol
import TestSupport
import Testing
import Transport

@Suite("When things go wrong, against a real server", .enabled(if: LiveServer.isAvailable, LiveServer.notAvailable))
struct FailureTests {
    @Test("A deadline stops the query on the server")
    func deadline() async throws {
        try await LiveServer.withClient { client in
            try await client.ping()
            var query: ClickHouseQuery =
                "SELECT sleepEachRow(1) FROM numbers(1000) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0"
            query.id = "deadline-test-\(UInt64.random(in: 0 ... .max))"
            query.deadline = .after(.milliseconds(300))
            let late = query
            let error = await #expect(throws: ClickHouseError.self) { try await client.execute(late) }
            #expect(error?.code == .deadline)
            try await expectGone(query.id ?? "", client)
        }
    }

    @Test("Cancelling the task stops the query on the server")
    func cancellation() async throws {
        try await LiveServer.withClient { client in
            let id = "cancel-test-\(UInt64.random(in: 0 ... .max))"
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    var query: ClickHouseQuery =
                        "SELECT sleepEachRow(1) FROM numbers(1000) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0"
                    query.id = id
                    try await client.execute(query)
                }
                await expect(until: .seconds(60)) { try await running(id, client) == 1 }
                group.cancelAll()
                let error = await #expect(throws: ClickHouseError.self) { try await group.next() }
                #expect(error?.code == .cancelled)
            }
            try await expectGone(id, client)
        }
    }

    private func running(_ id: String, _ client: ClickHouseClient) async throws -> Int {
        try await client.rows(
            "SELECT count() FROM system.processes WHERE query_id = \(id)", as: Int.self
        ).first ?? -1
    }

    private func expectGone(_ id: String, _ client: ClickHouseClient) async throws {
        await expect(until: .seconds(60)) { try await running(id, client) == 0 }
    }

    private func expect(until limit: Duration, _ condition: () async throws -> Bool) async {
        let deadline = Deadline.after(limit)
        while !deadline.hasPassed {
            if (try? await condition()) == true { return }
            await Task.yield()
        }
        Issue.record("the condition did not come true within \(limit)")
    }

    @Test("A server that dies in the middle of a query or an insert is told apart, and the pool recovers")
    func serverDies() async throws {
        let server = try await LiveServer.own()
        let group = try EventLoopGroup(loops: 1)
        let client = ClickHouseClient(ClickHouseConfiguration(.tcp(host: "127.0.0.1", port: server.port)), on: group)
        var error = await #expect(throws: ClickHouseError.self) {
            try await client.query("SELECT number FROM numbers(10000000000)") { result in
                _ = try await result.next()
                try await server.tell("kill")
                while try await result.next() != nil {}
            }
        }
        #expect(error?.code == .connectionLost)
        #expect(error?.isRetriable == true)
        error = await #expect(throws: ClickHouseError.self) { try await client.ping() }
        #expect(error?.code == .connect)

        try await server.tell("start")
        await expect(until: .seconds(60)) {
            try await client.execute("CREATE TABLE IF NOT EXISTS dying (n UInt64) ENGINE = Memory")
            return true
        }
        let block = try Block([Column(name: "n", type: .uint64, data: .uint64(Array(0..<100_000)))])
        error = await #expect(throws: ClickHouseError.self) {
            try await client.insert(into: "dying") { insert in
                try await insert.write(block)
                try await server.tell("kill")
                try await insert.write(block)
            }
        }
        #expect(error?.code == .connectionLost)
        #expect(error?.isOutcomeUnknown == true)
        #expect(error?.isRetriable == false)

        try await server.tell("start")
        await expect(until: .seconds(60)) {
            try await client.ping()
            return true
        }
        // Closed while idle: the next query gets a connection that works, at the first attempt.
        try await server.tell("kill")
        try await server.tell("start")
        let one = try await client.rows("SELECT 1", as: Int.self)
        #expect(one == [1])
        await client.close()
        await group.shutdown()
    }

    @Test(
        "A deadline that passes while the server holds the rows: they may come to be there, and it is not to be repeated"
    )
    func lateInsert() async throws {
        let server = try await LiveServer.own()
        let group = try EventLoopGroup(loops: 1)
        let client = ClickHouseClient(ClickHouseConfiguration(.tcp(host: "127.0.0.1", port: server.port)), on: group)
        try await client.execute("CREATE TABLE late (n UInt64) ENGINE = MergeTree ORDER BY n")
        let block = try Block([Column(name: "n", type: .uint64, data: .uint64([1, 2, 3]))])
        let options = ClickHouseQuery("", deadline: .after(.seconds(5)))
        let error = await #expect(throws: ClickHouseError.self) {
            try await client.insert(into: "late", options: options) { insert in
                try await insert.write(block)
                try await server.tell("pause")
            }
        }
        #expect(error?.code == .deadline)
        #expect(error?.isOutcomeUnknown == true)
        #expect(error?.isRetriable == false)
        try await server.tell("resume")
        // Whatever became of it: nobody has sent the rows again.
        let rows = try await client.rows("SELECT count() FROM late", as: Int.self)
        #expect(rows == [0] || rows == [3])
        await client.close()
        await group.shutdown()
    }

    @Test("Results that are left at any point never disturb the query behind them", arguments: QueryTests.revisions)
    func leftResults(revision: Revision) async throws {
        try await LiveServer.withClient {
            $0.connectionsPerLoop = 1
            $0.revision = revision
        } _: { client in
            for round in 0..<60 {
                // From results that are whole when they are left, to some that would not end for long.
                let count = [1, 10, 70_000, 1_000_000_000][round % 4]
                let blocks = round % 3
                try await client.query(ClickHouseQuery(unescaped: "SELECT \(round), number FROM numbers(\(count))")) {
                    result in
                    for _ in 0..<blocks { _ = try await result.next() }
                }
                let answer = try await client.rows(ClickHouseQuery(unescaped: "SELECT \(round)"), as: Int.self)
                #expect(answer == [round])
            }
        }
    }

    @Test("A slow reader holds the server back, and memory stays flat")
    func slowReader() async throws {
        // In a process of its own, with a server of its own, whose memory no other test takes.
        await #expect(processExitsWith: .success) {
            try await LiveServer.withClient { client in
                try await client.query(
                    ClickHouseQuery(
                        "SELECT number, repeat('x', 1000) FROM numbers(1000000)",
                        settings: [Setting("max_block_size", "8192")])
                ) { result in
                    var rows = 0
                    // What the first block takes, buffers included, is taken for the others too.
                    var before = 0
                    while let block = try await result.next() {
                        if rows == 0 { before = ProcessMemory.resident }
                        rows += block.rowCount
                        try await EventLoop.current?.sleep(for: .milliseconds(1))
                    }
                    guard rows == 1_000_000 else { throw TestFailure("\(rows) rows of a million") }
                    let grown = ProcessMemory.resident - before
                    guard grown < 64 << 20 else { throw TestFailure("it grew by \(grown) bytes") }
                }
            }
        }
    }

    @Test("A packet's time is the server's alone: a slow reader may take longer, a silent server may not")
    func packetTimeout() async throws {
        try await LiveServer.withClient { client in
            var query = ClickHouseQuery(
                "SELECT number, repeat('x', 1000) FROM numbers(50000)", settings: [Setting("max_block_size", "8192")])
            query.packetTimeout = .seconds(3)
            try await client.query(query) { result in
                var rows = 0
                while let block = try await result.next() {
                    // The first block is held for longer than any packet may take.
                    if rows == 0 { try await EventLoop.current?.sleep(for: .seconds(4)) }
                    rows += block.rowCount
                }
                #expect(rows == 50_000)
            }
            var silent = ClickHouseQuery(
                "SELECT sleepEachRow(3) FROM numbers(1)", settings: [Setting("interactive_delay", "10000000")])
            silent.packetTimeout = .milliseconds(100)
            let error = await #expect(throws: ClickHouseError.self) {
                try await client.query(silent) { result in while try await result.next() != nil {} }
            }
            #expect(error?.code == .deadline)
            #expect(error?.message == "the server sent nothing for 100 ms")
        }
    }

    @Test("Who finds all connections in use waits, as long as the deadline allows")
    func exhausted() async throws {
        try await LiveServer.withClient {
            $0.connectionsPerLoop = 1
            $0.waitersPerLoop = 1
        } _: { client in
            try await client.withConnection { _ in
                let error = await #expect(throws: ClickHouseError.self) {
                    try await client.ping(deadline: .after(.milliseconds(50)))
                }
                #expect(error?.code == .poolExhausted)
                #expect(error?.isRetriable == true)
            }
            try await client.ping()
        }
    }

    @Test("A wrong password is the server's error, not a lost connection")
    func password() async throws {
        try await LiveServer.withClient {
            $0.password = "wrong"
        } _: { client in
            let error = await #expect(throws: ClickHouseError.self) { try await client.ping() }
            #expect(error?.serverCodeName == "AUTHENTICATION_FAILED")
        }
    }
}
