import ClickHouseClient
import ClickHouseProtocol
import Synchronization
import TestSupport
import Testing
import Transport

@Suite("A pool with a server that takes its time")
struct PoolTests {
    @Test("One caller's deadline is no other caller's failure, and the attempt goes on for the others")
    func ownDeadlines() async throws {
        let mayAnswer = Gate()
        try await withFakeServer { server in
            await mayAnswer.wait()
            try await server.hello()
            while true {
                try await server.hear()
                try await server.pong()
            }
        } change: {
            $0.connectionsPerLoop = 1
        } _: { client in
            let error = await #expect(throws: ClickHouseError.self) {
                try await client.ping(deadline: .after(.milliseconds(100)))
            }
            // On a busy machine it may pass before the pool is asked.
            #expect(error?.code == .connect || error?.code == .deadline)
            async let patient: Void = client.ping(deadline: .after(.seconds(120)))
            async let another: Void = client.ping(deadline: .after(.seconds(120)))
            mayAnswer.open()
            _ = try await (patient, another)
        }
    }

    @Test("A server that takes connections and says nothing is told from one that is busy")
    func silent() async throws {
        try await withFakeServer { server in
            await server.hearOut()
        } change: {
            $0.connect.connectTimeout = .milliseconds(100)
        } _: { client in
            let error = await #expect(throws: ClickHouseError.self) { try await client.ping() }
            #expect(error?.code == .connect)
            // On a busy machine even the taking may not be seen in time.
            #expect(error?.message.hasPrefix("the server ") == true)
            #expect(error?.message.hasSuffix("within 100 ms") == true)
        }
    }

    @Test("A first server that says nothing leaves time for the second, and is asked last from then on")
    func silentFirst() async throws {
        let silentConnections = Atomic(0)
        try await withServer(loops: 1) { stream in
            silentConnections.add(1, ordering: .relaxed)
            await FakeServer(stream).hearOut()
        } _: { silent, _ in
            let silentEndpoint = silent.localEndpoint
            try await withFakeServer { server in
                try await server.hello()
                while true {
                    try await server.hear()
                    try await server.pong()
                }
            } change: {
                $0.endpoints.insert(silentEndpoint, at: 0)
                // As long as the caller's time, as by default.
                $0.connect.connectTimeout = .seconds(20)
                $0.acquireTimeout = .seconds(20)
            } _: { client in
                // The half of it is for the second.
                try await client.ping(deadline: .after(.seconds(4)))
                // Two at once need a second connection, which nobody asks the silent server for.
                try await client.withConnection { _ in try await client.ping(deadline: .after(.seconds(60))) }
                // Its side learns of the connection in its own time.
                try await until("the silent server's connection") { silentConnections.load(ordering: .relaxed) > 0 }
                #expect(silentConnections.load(ordering: .relaxed) == 1)
            }
        }
    }

    @Test("A refused connection is told as it is, by whoever asks until the pause is over")
    func refused() async throws {
        try await withLoops(1) { group in
            // Nobody listens on that port.
            var configuration = ClickHouseConfiguration(.tcp(host: "127.0.0.1", port: 1))
            configuration.firstBackOff = .seconds(60)
            configuration.longestBackOff = .seconds(60)
            let client = ClickHouseClient(configuration, on: group)
            for _ in 0..<3 {
                let error = await #expect(throws: ClickHouseError.self) { try await client.ping() }
                #expect(error?.code == .connect)
                #expect(error?.message.contains("refused") == true)
                #expect(error?.isRetriable == true)
            }
            await client.close()
        }
    }

    @Test("A caller that is cancelled while a connection is made leaves it to the next one")
    func cancelled() async throws {
        let mayAnswer = Gate()
        let connections = Atomic(0)
        try await withFakeServer { server in
            connections.add(1, ordering: .relaxed)
            await mayAnswer.wait()
            try await server.hello()
            while true {
                try await server.hear()
                try await server.pong()
            }
        } _: { client in
            let first = Task { try await client.ping() }
            try await until("a connection", within: .seconds(120)) { connections.load(ordering: .relaxed) == 1 }
            first.cancel()
            let error = await #expect(throws: ClickHouseError.self) { try await first.value }
            #expect(error?.code == .cancelled)
            mayAnswer.open()
            try await client.ping()
            #expect(connections.load(ordering: .relaxed) == 1)
        }
    }

    @Test("A connection whose query was cut off, or whose server failed, is never lent in the middle of something")
    func neverInTheMiddle() async throws {
        try await withFakeServer { server in
            try await server.hello()
            // One query on each connection: half of it, and nothing more.
            try await server.hear()
            try await server.data(try FakeServer.numbers(3))
            await server.hearOut()
        } change: {
            $0.connectionsPerLoop = 1
            $0.drainTimeout = .milliseconds(50)
        } _: { client in
            for _ in 0..<3 {
                let rows = try await client.query("SELECT 1") { try await $0.next()?.rowCount }
                #expect(rows == 3)
            }
        }
    }

    @Test("An exception in the middle of a result leaves the connection in order")
    func exceptionInTheMiddle() async throws {
        let connections = Atomic(0)
        try await withFakeServer { server in
            connections.add(1, ordering: .relaxed)
            try await server.hello()
            while true {
                try await server.hear()
                try await server.data(try FakeServer.numbers(3))
                try await server.exception(241, "memory limit exceeded")
            }
        } change: {
            $0.connectionsPerLoop = 1
        } _: { client in
            for _ in 0..<3 {
                let error = await #expect(throws: ClickHouseError.self) { try await client.blocks("SELECT 1") }
                #expect(error?.serverCode == 241)
                #expect(error?.isRetriable == true)
            }
            #expect(connections.load(ordering: .relaxed) == 1)
        }
    }
}
