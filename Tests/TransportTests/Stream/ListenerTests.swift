import Bytes
import Glibc
import Telemetry
import TestSupport
import Testing
import Transport

@Suite struct ListenerTests {
    @Test func refusesConnectionsBeyondTheLimitAndServesAgainAfterwards() async throws {
        var options = ListenOptions()
        options.maxConnections = 2
        options.refusal = ByteSlice(utf8: "full")
        try await withServer(options: options, echo) { server, loop in
            let first = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            let second = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            for stream in [first, second] {
                try await stream.write(pattern(1))
                #expect(try await stream.read(into: ReceiveBuffer()) == 1)
            }
            let third = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            let buffer = ReceiveBuffer()
            while try await third.read(into: buffer) > 0 {}
            let said = String(validating: buffer.span)
            #expect(said == "full")
            #expect(server.refusedCount == 1)
            first.close()
            try await until { server.connectionCount == 1 }
            let fourth = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            try await fourth.write(pattern(1))
            #expect(try await fourth.read(into: ReceiveBuffer()) == 1)
            second.close()
            fourth.close()
        }
    }

    @Test func doesNotShareAPort() async throws {
        try await withLoops(2) { group in
            let listener = try Listener.bind(to: .tcp(host: "127.0.0.1", port: 0), on: group)
            #expect {
                _ = try Listener.bind(to: listener.localEndpoint, on: group)
            } throws: {
                ($0 as? TransportError)?.code == .addressInUse
            }
        }
    }

    @Test func bothLoopsServe() async throws {
        let report: @Sendable (ByteStream) async -> Void = { stream in
            try? await stream.write(ByteSlice(utf8: "\(stream.loop.index)"))
        }
        try await withServer(report) { server, loop in
            var seen: Set<String> = []
            let deadline = Deadline.after(.seconds(20))
            while seen.count < 2, !deadline.hasPassed {
                let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
                let buffer = ReceiveBuffer()
                while try await stream.read(into: buffer) > 0 {}
                seen.insert(String(validating: buffer.span) ?? "?")
                stream.close()
            }
            #expect(seen == ["0", "1"])
        }
    }

    @Test func cancellationEndsHandlersAndRun() async throws {
        try await withLoops(2) { group in
            let listener = try Listener.bind(to: .tcp(host: "127.0.0.1", port: 0), on: group)
            let server = Task { try await listener.run(echo) }
            let loop = group.loops[0]
            try await loop.run {
                let stream = try await ByteStream.connect(to: listener.localEndpoint, on: loop)
                try await stream.write(pattern(1))
                let buffer = ReceiveBuffer()
                #expect(try await stream.read(into: buffer) == 1)
                server.cancel()
                try await server.value
                #expect(try await stream.read(into: buffer) == 0)
            }
        }
    }

    @Test func survivesHavingNoDescriptorLeft() async throws {
        await #expect(processExitsWith: .success) {
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = 64
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            LoggingSystem.bootstrap(level: .critical)
            var options = ListenOptions()
            options.refusal = ByteSlice(utf8: "full")
            try await withServer(options: options, loops: 1, echo) { server, loop in
                // Another process, which has enough of them: it opens more connections than the server can have, sees
                // those beyond refused, and lets go of all.
                let port = try #require(server.localEndpoint.port)
                let program = """
                    import resource, select, socket
                    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
                    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
                    peers = [socket.create_connection(("127.0.0.1", \(port))) for _ in range(100)]
                    refused = 0
                    while refused < 30:
                        for peer in select.select(peers, [], [], 10)[0]:
                            assert peer.recv(100) == b"full"
                            peers.remove(peer)
                            refused += 1
                    """
                let result = try await Command.run(["python3", "-c", program])
                guard result.status == 0 else { throw TestFailure("\(result.output)") }
                guard server.refusedCount >= 30 else { throw TestFailure("only \(server.refusedCount) were refused") }
                try await until { server.connectionCount == 0 }
                let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
                try await stream.write(pattern(10))
                guard try await stream.read(into: ReceiveBuffer(), deadline: .after(.seconds(5))) == 10
                else {
                    throw TestFailure("no echo")
                }
            }
        }
    }

    @Test func leavesNoDescriptorBehind() async throws {
        await #expect(processExitsWith: .success) {
            func open() -> Int { (0..<256).count { fcntl(Int32($0), F_GETFD) >= 0 } }
            func serve() async throws {
                try await withServer(echo) { server, loop in
                    for _ in 0..<10 {
                        let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
                        try await stream.write(pattern(1))
                        _ = try await stream.read(into: ReceiveBuffer())
                    }
                }
            }
            // The first time opens what the runtime keeps, too; it may open something more later, but not each time.
            try await serve()
            let before = open()
            for _ in 0..<10 { try await serve() }
            try await until("about as many descriptors as before") { open() < before + 5 }
        }
    }

    @Test func replacesAUnixSocketThatNobodyListensOnAnyMoreAndNothingElse() async throws {
        let path = temporaryPath()
        // As a process leaves it that was killed.
        try await Command.run(["python3", "-c", "import socket; socket.socket(socket.AF_UNIX).bind('\(path)')"])
        try await withLoops(1) { group in
            try await Self.serve(path, group) { listener in
                // Somebody listens there now.
                #expect(throws: TransportError.self) { try Listener.bind(to: .unix(path: path), on: group) }
                #expect(throws: TransportError.self) { try Listener.probe(.unix(path: path)) }
            }
            #expect(access(path, F_OK) != 0, "it takes its socket with it")
            // A file stays what it is.
            try await Command.run(["sh", "-c", "echo kept > \(path)"])
            #expect(throws: TransportError.self) { try Listener.bind(to: .unix(path: path), on: group) }
            #expect(access(path, F_OK) == 0)
            unlink(path)
            // A successor's socket is not the old one's to remove.
            try await Self.serve(path, group) { listener in
                unlink(path)
                try await Command.run(["python3", "-c", "import socket; socket.socket(socket.AF_UNIX).bind('\(path)')"])
            }
            #expect(access(path, F_OK) == 0)
        }
        unlink(path)
    }

    private static func serve(
        _ path: String, _ group: EventLoopGroup, _ body: (Listener) async throws -> Void
    ) async throws {
        let listener = try Listener.bind(to: .unix(path: path), on: group)
        let serving = Task { try await listener.run(echo) }
        try await body(listener)
        listener.stop()
        try await serving.value
    }

    @Test func tellsWhetherAPortIsFree() async throws {
        try await withLoops(1) { group in
            let listener = try Listener.bind(to: .tcp(host: "127.0.0.1", port: 0), on: group)
            do throws(TransportError) {
                try Listener.probe(listener.localEndpoint)
                Issue.record("the port is taken")
            } catch { #expect(error.code == .addressInUse) }
        }
    }
}
