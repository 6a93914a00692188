import Bytes
import TestSupport
import Testing
import Transport

/// What happens to streams when tasks are cancelled, peers stand still, and either side ends.
@Suite struct StreamLifecycleTests {
    // Closures stand outside of `#expect`: inside, two of one function may be taken for each other.
    private func expect(
        _ code: TransportError.Code, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> Void
    ) async {
        do {
            try await body()
            Issue.record("nothing was thrown in place of \(code)", sourceLocation: sourceLocation)
        } catch {
            let found = (error as? TransportError)?.code
            #expect(found == code, "\(error)", sourceLocation: sourceLocation)
        }
    }

    @Test func cancellationEndsAReadAndTheStreamGoesOn() async throws {
        try await withServer(echo) { server, loop in
            let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            for round in 0..<100 {
                let reader = Task(executorPreference: loop) { try await stream.read(into: ReceiveBuffer()) }
                for _ in 0..<round % 3 { await Task.yield() }
                reader.cancel()
                await #expect(throws: TransportError.self) { try await reader.value }
            }
            try await stream.write(pattern(7))
            #expect(try await stream.read(into: ReceiveBuffer()) == 7)
        }
    }

    @Test func aSecondReaderIsRefusedAndTheFirstGetsWhatComes() async throws {
        try await withServer(echo) { server, loop in
            let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            let reader = Task(executorPreference: loop) { try await stream.read(into: ReceiveBuffer()) }
            await Task.yield()
            await expect(.inUse) { _ = try await stream.read(into: ReceiveBuffer(), deadline: .after(.seconds(60))) }
            await expect(.inUse) {
                _ = try await stream.readUncancelled(into: ReceiveBuffer(), atLeast: 1, deadline: .never)
            }
            try await stream.write(pattern(7))
            #expect(try await reader.value == 7)
            // The place is free again.
            try await stream.write(pattern(9))
            #expect(try await stream.read(into: ReceiveBuffer()) == 9)
        }
    }

    @Test func aSecondWriterIsRefusedAndTheFirstGoesOn() async throws {
        let huge = ByteSlice([UInt8](repeating: 7, count: 30_000_000))
        let mayRead = Gate()
        let sum: @Sendable (ByteStream) async -> Void = { stream in
            await mayRead.wait()
            let buffer = ReceiveBuffer()
            var count = 0
            // The client sees by the count whether all came.
            while count < huge.count, let more = try? await stream.read(into: buffer), more > 0 {
                count += more
                buffer.consume(buffer.count)
            }
            try? await stream.write(ByteSlice(utf8: "\(count)"))
        }
        try await withServer(sum) { server, loop in
            let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            let writer = Task(executorPreference: loop) { try await stream.write(huge) }
            await Task.yield()
            await expect(.inUse) { try await stream.write(pattern(1)) }
            await expect(.inUse) { try await stream.write([pattern(1), pattern(2)]) }
            await expect(.inUse) { try await stream.shutdownWrite() }
            mayRead.open()
            try await writer.value
            let buffer = ReceiveBuffer()
            _ = try await stream.read(into: buffer)
            #expect(buffer.takeSlice(buffer.count).utf8 == "\(huge.count)")
        }
    }

    @Test func closingEndsAReadThatWaits() async throws {
        try await withServer(echo) { server, loop in
            let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            let reader = Task(executorPreference: loop) { try await stream.read(into: ReceiveBuffer()) }
            await Task.yield()
            stream.close()
            stream.close()
            await expect(.closed) { _ = try await reader.value }
            await expect(.closed) { try await stream.write(pattern(1)) }
        }
    }

    @Test func aWriteWaitsForAPeerThatDoesNotReadAndEndsAtItsDeadline() async throws {
        let silent: @Sendable (ByteStream) async -> Void = { stream in
            do { try await stream.loop.sleep(until: .never) } catch {}
        }
        try await withLoops(2) { group in
            let listener = try Listener.bind(to: .tcp(host: "127.0.0.1", port: 0), on: group)
            let server = Task { try await listener.run(silent) }
            let loop = group.loops[0]
            try await loop.run {
                let stream = try await ByteStream.connect(to: listener.localEndpoint, on: loop)
                let huge = ByteSlice([UInt8](repeating: 7, count: 30_000_000))
                await expect(.deadline) {
                    try await stream.write(huge, deadline: .after(.milliseconds(50)))
                }
                // It was cut in its middle: nothing can come behind it.
                await expect(.closed) { try await stream.write(pattern(1)) }
            }
            server.cancel()
            try await server.value
        }
    }

    @Test func streamsAGigabyteThroughASlowReaderInFlatMemory() async throws {
        // In a process of its own, whose memory no other test takes.
        await #expect(processExitsWith: .success) {
            let total = 1_000_000_000
            let sender: @Sendable (ByteStream) async -> Void = { stream in
                let piece = pattern(1_000_000)
                do {
                    for _ in 0..<total / piece.count { try await stream.write(piece) }
                    try await stream.shutdownWrite()
                } catch {}
            }
            try await withServer(sender) { server, loop in
                let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
                let buffer = ReceiveBuffer(capacity: 65_536)
                var before = ProcessMemory.resident
                var got = 0
                while true {
                    let count = try await stream.read(into: buffer)
                    if count == 0 { break }
                    got += count
                    buffer.consume(buffer.count)
                    // Now and then it lets the sender run into the full socket.
                    if got % 64 == 0 { await Task.yield() }
                    // The first bytes through take what the streams need.
                    if got < 10_000_000 { before = ProcessMemory.resident }
                }
                guard got == total else { throw TestFailure("\(got) bytes of \(total)") }
                let grown = ProcessMemory.resident - before
                guard grown < 16_000_000 else { throw TestFailure("it grew by \(grown) bytes") }
            }
        }
    }

    @Test func aReaderThatNeverHasToWaitGivesWayToOthers() async throws {
        let total = 200_000
        let sent = Gate()
        let sender: @Sendable (ByteStream) async -> Void = { stream in
            do {
                try await stream.write(pattern(total))
                sent.open()
                // It stays until the reader has gone.
                _ = try await stream.read(into: ReceiveBuffer())
            } catch {}
        }
        try await withServer(sender) { server, loop in
            let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            // All of it is there before the first read.
            await sent.wait()
            let buffer = ReceiveBuffer(capacity: 1_000)
            let atTurn = LoopBound(-1, on: loop)
            let got = LoopBound(0, on: loop)
            loop.execute { atTurn.value = got.value }
            while got.value < total {
                got.value += try await stream.read(into: buffer, atLeast: 1)
                buffer.consume(buffer.count)
            }
            #expect((0...20_000).contains(atTurn.value), "the others had their first turn after \(atTurn.value) bytes")
        }
    }

    @Test func halfOpenPeersEachEndAlone() async throws {
        // The client ends its side and still reads all that the server has to say.
        let late: @Sendable (ByteStream) async -> Void = { stream in
            let buffer = ReceiveBuffer()
            do {
                while try await stream.read(into: buffer) > 0 {}
                try await stream.write(buffer.takeSlice(buffer.count))
            } catch {}
        }
        try await withServer(late) { server, loop in
            let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            try await stream.write(pattern(100_000))
            try await stream.shutdownWrite()
            try await stream.shutdownWrite()
            await expect(.closed) { try await stream.write(pattern(1)) }
            let buffer = ReceiveBuffer()
            while try await stream.read(into: buffer) > 0 {}
            #expect(buffer.count == 100_000)
        }
    }

    @Test func aPeerThatResetsEndsReadsAndWrites() async throws {
        let reset: @Sendable (ByteStream) async -> Void = { stream in
            // Closing over bytes that were not read resets the connection.
            do { try await stream.loop.sleep(for: .milliseconds(20)) } catch {}
        }
        try await withServer(reset) { server, loop in
            let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            try await stream.write(pattern(1000))
            await expect(.reset) { _ = try await stream.read(into: ReceiveBuffer()) }
            await expect(.reset) { try await stream.write(pattern(1000)) }
        }
    }

    @Test func aResetIsNoOrderlyEndWhoeverLearnsOfItFirst() async throws {
        let reset: @Sendable (ByteStream) async -> Void = { stream in
            do { while !stream.hasUnreadBytes { try await stream.loop.sleep(for: .milliseconds(1)) } } catch {}
        }
        try await withServer(reset) { server, loop in
            let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            try await stream.write(pattern(1000))
            try await until("the reset") { stream.peerHasClosed }
            await expect(.reset) { try await stream.write(pattern(1000)) }
            await expect(.reset) { _ = try await stream.read(into: ReceiveBuffer()) }
            await expect(.reset) { _ = try await stream.read(into: ReceiveBuffer()) }
        }
    }

    @Test func aClosedStreamTouchesNoOther() async throws {
        try await withServer(echo) { server, loop in
            let old = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            old.close()
            // These get the descriptor that the old one had.
            var others: [ByteStream] = []
            for _ in 0..<8 { others.append(try await ByteStream.connect(to: server.localEndpoint, on: loop)) }
            await expect(.closed) { try await old.shutdownWrite() }
            await expect(.closed) { try await old.write(pattern(1)) }
            for other in others {
                try await other.write(pattern(3))
                #expect(try await other.read(into: ReceiveBuffer()) == 3)
            }
        }
    }

    @Test func aStreamThatNobodyHoldsIsClosed() async throws {
        try await withServer(echo) { server, loop in
            do { _ = try await ByteStream.connect(to: server.localEndpoint, on: loop) }
            try await until { server.connectionCount == 0 }
        }
    }

    @Test func triesEveryAddressOfAName() async throws {
        // `localhost` may be ::1 first, where nobody listens.
        try await withServer(echo) { server, loop in
            let port = try #require(server.localEndpoint.port)
            let stream = try await ByteStream.connect(to: .tcp(host: "localhost", port: port), on: loop)
            #expect(stream.peerAddress == .tcp(host: "127.0.0.1", port: port))
        }
    }

    @Test func saysWhichNameCannotBeResolved() async throws {
        try await withLoops(1) { group in
            let loop = group.loops[0]
            try await loop.run {
                await expect(.resolve) {
                    _ = try await ByteStream.connect(
                        to: .tcp(host: "no-such-host.invalid", port: 1), on: loop)
                }
            }
        }
    }

    @Test func manyConnectionsComeAndGoWhileTasksAreCancelled() async throws {
        try await withServer(echo) { server, loop in
            await withTaskGroup(of: Void.self) { tasks in
                for number in 0..<40 {
                    tasks.addTask {
                        for round in 0..<10 {
                            let work = Task(executorPreference: loop) {
                                let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
                                let buffer = ReceiveBuffer()
                                for _ in 0..<20 {
                                    try await stream.write(pattern(100))
                                    while buffer.count < 100 { _ = try await stream.read(into: buffer) }
                                    buffer.consume(100)
                                }
                                stream.close()
                            }
                            if (number + round) % 3 == 0 { work.cancel() }
                            _ = await work.result
                        }
                    }
                }
            }
            try await until { server.connectionCount == 0 }
        }
    }
}
