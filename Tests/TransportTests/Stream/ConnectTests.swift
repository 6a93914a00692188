import Bytes
import Glibc
import TestSupport
import Testing

@testable import Transport

/// Several addresses of one name: which is tried when, and what is said where none works.
@Suite struct ConnectTests {
    private static func address(_ endpoint: Endpoint) throws -> SocketAddress {
        guard case .tcp(let host, let port) = endpoint else { throw TestFailure("no TCP") }
        return try Resolver.lookUp(host, port, flags: AI_NUMERICHOST).get()[0]
    }

    private func connect(
        _ addresses: [SocketAddress], headStart: Duration, timeout: Duration = .seconds(20), on loop: EventLoop
    ) async throws -> ByteStream {
        var options = ConnectOptions(connectTimeout: timeout)
        options.headStart = headStart
        return try await ByteStream.connect(
            to: .tcp(host: "name.example", port: 1), at: addresses, options: options, until: .after(timeout), on: loop)
    }

    /// An address where nobody answers: its backlog is full, and what comes is dropped.
    private func withSilentAddress(
        _ body: @escaping @Sendable (SocketAddress, SocketAddress, EventLoop) async throws -> Void
    ) async throws {
        try await withServer(echo) { server, loop in
            let good = try Self.address(server.localEndpoint)
            let silent = try Socket.open(AF_INET)
            defer { close(silent) }
            let any = try Self.address(.tcp(host: "127.0.0.1", port: 0))
            #expect(any.withPointer { bind(silent, $0, $1) } == 0)
            #expect(listen(silent, 0) == 0)
            let place = try #require(Socket.localAddress(silent))
            var fillers: [Int32] = []
            defer { for filler in fillers { close(filler) } }
            for _ in 0..<4 {
                let filler = try Socket.open(AF_INET)
                fillers.append(filler)
                _ = place.withPointer { Glibc.connect(filler, $0, $1) }
            }
            try await body(place, good, loop)
        }
    }

    @Test func theNextAddressIsTriedBesideASilentOne() async throws {
        try await withSilentAddress { silent, good, loop in
            let stream = try await self.connect([silent, good], headStart: .milliseconds(20), on: loop)
            #expect(stream.peerAddress == good.endpoint)
            try await stream.write(pattern(3))
            #expect(try await stream.read(into: ReceiveBuffer()) == 3)
        }
    }

    @Test func aFailedAddressMakesWayAtOnce() async throws {
        try await withServer(echo) { server, loop in
            let good = try Self.address(server.localEndpoint)
            let dead = try Self.address(.tcp(host: "127.0.0.1", port: try reservedPort()))
            // With a head start that the test would never live to see the end of.
            let stream = try await self.connect([dead, dead, good], headStart: .seconds(1_000), on: loop)
            #expect(stream.peerAddress == good.endpoint)
        }
    }

    @Test func aFailedAddressBesideASilentOneMakesWayAtOnce() async throws {
        try await withSilentAddress { silent, good, loop in
            let dead = try Self.address(.tcp(host: "127.0.0.1", port: try reservedPort()))
            // The silent one's head start is short, the dead one's is not waited for.
            let stream = try await self.connect([silent, dead, good], headStart: .milliseconds(20), on: loop)
            #expect(stream.peerAddress == good.endpoint)
        }
    }

    @Test func saysOfEachAddressWhatWasWrong() async throws {
        try await withLoops(1) { group in
            let loop = group.loops[0]
            let ports = [try reservedPort(), try reservedPort()]
            let dead = try ports.map { try Self.address(.tcp(host: "127.0.0.1", port: $0)) }
            try await loop.run {
                do {
                    _ = try await self.connect(dead, headStart: .seconds(1), on: loop)
                    Issue.record("nobody listens there")
                } catch let error as TransportError {
                    #expect(error.code == .connectRefused)
                    for port in ports { #expect(error.message.contains("127.0.0.1:\(port)"), "\(error)") }
                    #expect(error.endpoint == .tcp(host: "name.example", port: 1))
                }
            }
        }
    }

    @Test func silenceEndsAtTheDeadlineOrWithTheTask() async throws {
        try await withSilentAddress { silent, _, loop in
            do {
                _ = try await self.connect([silent], headStart: .seconds(1), timeout: .milliseconds(50), on: loop)
                Issue.record("nobody answers there")
            } catch let error as TransportError { #expect(error.code == .deadline) }
            let attempt = Task(executorPreference: loop) {
                _ = try await self.connect([silent], headStart: .seconds(1), on: loop)
            }
            await Task.yield()
            attempt.cancel()
            do {
                try await attempt.value
                Issue.record("it was cancelled")
            } catch let error as TransportError { #expect(error.code == .cancelled) }
        }
    }

    @Test func familiesTakeTurns() throws {
        let addresses = try ["::1", "::2", "::3", "127.0.0.1", "127.0.0.2"].map {
            try Self.address(.tcp(host: $0, port: 1))
        }
        #expect(
            Resolver.interleave(addresses).map { $0.endpoint.host } == ["::1", "127.0.0.1", "::2", "127.0.0.2", "::3"])
    }

    @Test(arguments: [-1, 65_536, 70_000]) func noPortIsCutToSize(port: Int) async throws {
        try await withLoops(1) { group in
            let loop = group.loops[0]
            try await loop.run {
                do {
                    _ = try await ByteStream.connect(to: .tcp(host: "127.0.0.1", port: port), on: loop)
                    Issue.record("that is no port")
                } catch let error as TransportError { #expect(error.code == .resolve, "\(error)") }
            }
        }
    }
}
