import ClickHouseClient
import ClickHouseProtocol
import TestSupport
import Testing
import Transport

@Suite("How an INSERT ends, by a server that plays tricks")
struct InsertEndTests {
    /// Rows that no socket takes at once.
    private static let many = 1_000_000

    /// What an insert of so many rows ends with. What `serve` does after the columns may wait for `failed`.
    private func insertError(
        _ rows: Int = 1000, within time: Duration = .seconds(120), loops: Int = 2,
        _ serve: @escaping @Sendable (_ server: FakeServer, _ failed: Gate) async throws -> Void
    ) async throws -> ClickHouseError? {
        let caught = Caught()
        let failed = Gate()
        let block = try FakeServer.numbers(rows)
        try await withFakeServer(loops: loops) { server in
            try await server.hello()
            try await serve(server, failed)
        } _: { client in
            let options = ClickHouseQuery("", deadline: .after(time))
            await caught.set(
                await #expect(throws: ClickHouseError.self) {
                    try await client.insert(into: "t", block, options: options)
                })
            failed.open()
        }
        return await caught.error
    }

    private actor Caught {
        var error: ClickHouseError?
        func set(_ error: ClickHouseError?) { self.error = error }
    }

    @Test("A server that gives up while rows are written, and reads no more, ends it with its exception")
    func exceptionWhileWriting() async throws {
        let error = try await insertError(Self.many) { server, failed in
            try await server.hear()
            try await server.data(try FakeServer.numbers(0))
            try await server.hear(1000)
            try await server.progress()
            try await server.exception(241, "memory limit exceeded")
            // It neither reads nor closes.
            await failed.wait()
        }
        #expect(error?.serverCode == 241)
        #expect(error?.isOutcomeUnknown == true)
        #expect(error?.isRetriable == false)
    }

    @Test("An exception in place of the columns: nothing was sent, and what may pass may be tried again")
    func exceptionBeforeRows() async throws {
        let error = try await insertError { server, _ in
            try await server.hear()
            try await server.exception(202, "too many simultaneous queries")
            await server.hearOut()
        }
        #expect(error?.serverCode == 202)
        #expect(error?.isOutcomeUnknown == false)
        #expect(error?.isRetriable == true)
    }

    @Test("A deadline that passes before the server has told the columns: nothing happened")
    func lateBeforeRows() async throws {
        let error = try await insertError(within: .milliseconds(200)) { server, _ in await server.hearOut() }
        // On a busy machine it may pass before there is a connection.
        #expect(error?.code == .deadline || error?.code == .connect)
        #expect(error?.isOutcomeUnknown == false)
        #expect(error?.isRetriable == true)
    }

    @Test("A deadline that passes after rows were sent: nobody knows", arguments: [1000, many])
    func lateAfterRows(rows: Int) async throws {
        var error: ClickHouseError?
        // On a busy machine a short time may pass before the rows are sent.
        for time in [Duration.milliseconds(300), .seconds(3), .seconds(20)] where error?.isOutcomeUnknown != true {
            error = try await insertError(rows, within: time) { server, failed in
                try await server.hear()
                try await server.data(try FakeServer.numbers(0))
                await failed.wait()
            }
        }
        #expect(error?.code == .deadline)
        #expect(error?.isOutcomeUnknown == true)
        #expect(error?.isRetriable == false)
    }

    @Test("A connection that is lost after rows were sent: nobody knows", arguments: [1000, many])
    func lostAfterRows(rows: Int) async throws {
        let error = try await insertError(rows) { server, _ in
            try await server.hear()
            try await server.data(try FakeServer.numbers(0))
            try await server.hear(1000)
        }
        #expect(error?.code == .connectionLost)
        #expect(error?.isOutcomeUnknown == true)
        #expect(error?.isRetriable == false)
    }

    /// One loop for both sides, so that the order is certain: the loop tells the client that there is room again, and
    /// the connection is reset before the client writes on. The one who listens for the server still waits then.
    @Test(
        "A reset while rows are written and the server is listened to: what it said before is the reason",
        arguments: [0, 1, 8, 15, 16, 17, 31, 32, 40], [false, true])
    func resetWhileListening(rounds: Int, saysWhy: Bool) async throws {
        for taken in [256 << 10, 1 << 20, 2 << 20, 3 << 20] {
            let error = try await insertError(Self.many, loops: 1) { server, _ in
                try await server.hear()
                try await server.data(try FakeServer.numbers(0))
                try await server.hear(1000)
                // The socket is full by then, and the client waits for room and for the server.
                for _ in 0..<64 { await Task.yield() }
                try server.takeArrived(taken)
                // Some of the loop's rounds, of which one in sixteen looks for events: the client is to run after this.
                for _ in 0..<rounds { await Task.yield() }
                if saysWhy { try await server.exception(241, "memory limit exceeded") }
                // Over unread bytes, which resets the connection.
                server.stream.close()
            }
            if saysWhy {
                #expect(error?.serverCode == 241)
            } else {
                #expect(error?.code == .connectionLost)
            }
            #expect(error?.isOutcomeUnknown == true)
            #expect(error?.isRetriable == false)
        }
    }

    @Test("A failure that the closure keeps to itself still fails the insert")
    func swallowed() async throws {
        try await withFakeServer { server in
            try await server.hello()
            try await server.hear()
            try await server.data(try FakeServer.numbers(0))
            try await server.hear(1000)
            try await server.exception(241, "memory limit exceeded")
            await server.hearOut()
        } _: { client in
            let error = await #expect(throws: ClickHouseError.self) {
                try await client.insert(into: "t") { insert in
                    let block = try FakeServer.numbers(1000)
                    let deadline = Deadline.after(.seconds(120))
                    while !deadline.hasPassed {
                        do {
                            try await insert.write(block)
                            await Task.yield()
                        } catch {
                            return
                        }
                    }
                }
            }
            #expect(error?.serverCode == 241)
            #expect(error?.isOutcomeUnknown == true)
        }
    }

    @Test("Cancelled after rows were sent: nobody knows")
    func cancelled() async throws {
        try await withFakeServer { server in
            try await server.hello()
            try await server.hear()
            try await server.data(try FakeServer.numbers(0))
            await server.hearOut()
        } _: { client in
            let hasWritten = Gate()
            let inserting = Task {
                try await client.insert(into: "t") { insert in
                    try await insert.write(try FakeServer.numbers(1000))
                    hasWritten.open()
                }
            }
            await hasWritten.wait()
            inserting.cancel()
            let error = await #expect(throws: ClickHouseError.self) { try await inserting.value }
            #expect(error?.code == .cancelled)
            #expect(error?.isOutcomeUnknown == true)
        }
    }
}
