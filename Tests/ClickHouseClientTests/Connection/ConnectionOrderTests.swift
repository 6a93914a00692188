import ClickHouseClient
import ClickHouseProtocol
import Synchronization
import TestSupport
import Testing
import Transport

@Suite("A connection is lent only between queries")
struct ConnectionOrderTests {
    /// What a server says behind the end of a query's result, and on how many connections two queries then ran.
    private func connections(
        after said: @escaping @Sendable (FakeServer) async throws -> Void
    ) async throws -> Int {
        let count = Atomic(0)
        let hasSaid = Gate()
        let counted = Atomic(0)
        try await withFakeServer { server in
            let isFirst = count.add(1, ordering: .relaxed).newValue == 1
            try await server.hello()
            while true {
                try await server.hear()
                try await server.data(try FakeServer.numbers(isFirst ? 3 : 5))
                try await server.endOfStream()
                if isFirst {
                    try await said(server)
                    hasSaid.open()
                }
            }
        } change: {
            $0.connectionsPerLoop = 1
        } _: { client in
            let first = try await client.blocks("SELECT 1")
            #expect(first.map(\.rowCount) == [3])
            await hasSaid.wait()
            // Bytes on the loopback are there once they were sent.
            let second = try await client.blocks("SELECT 2")
            #expect(second.count == 1)
            counted.store(count.load(ordering: .relaxed), ordering: .relaxed)
        }
        return counted.load(ordering: .relaxed)
    }

    @Test("What comes behind a result's end is nobody else's answer")
    func strayPackets() async throws {
        #expect(try await connections { try await $0.data(try FakeServer.numbers(7)) } == 2)
        #expect(try await connections { try await $0.exception(236, "shutting down") } == 2)
        #expect(try await connections { try await $0.endOfStream() } == 2)
    }

    @Test("A late word of the progress does no harm")
    func lateProgress() async throws {
        #expect(try await connections { try await $0.progress() } == 1)
    }

    @Test("A server that has closed while the connection was idle is seen before anything is asked")
    func closedWhileIdle() async throws {
        #expect(try await connections { try await $0.stream.shutdownWrite() } == 2)
    }

    @Test("Asked for something in the middle of a query, it refuses, and the query goes on")
    func inUse() async throws {
        try await withFakeServer { server in
            try await server.hello()
            try await server.hear()
            try await server.data(try FakeServer.numbers(3))
            try await server.endOfStream()
            await server.hearOut()
        } _: { client in
            try await client.withConnection { connection in
                let rows = try await connection.query("SELECT 1") { result in
                    var error = await #expect(throws: ClickHouseError.self) { try await connection.execute("SELECT 2") }
                    #expect(error?.code == .connectionInUse)
                    error = await #expect(throws: ClickHouseError.self) { try await connection.ping() }
                    #expect(error?.code == .connectionInUse)
                    error = await #expect(throws: ClickHouseError.self) {
                        try await connection.insert(into: "t", try FakeServer.numbers(1))
                    }
                    #expect(error?.code == .connectionInUse)
                    return try await result.collect().reduce(0) { $0 + $1.rowCount }
                }
                #expect(rows == 3)
            }
        }
    }
}
