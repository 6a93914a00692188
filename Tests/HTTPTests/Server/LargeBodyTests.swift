import Bytes
import HTTP
import TestSupport
import Testing
import Transport

@Suite("Large bodies at once")
struct LargeBodyTests {
    private static let head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"

    private static func configuration() -> HTTPServerConfiguration {
        var configuration = HTTPServerConfiguration()
        configuration.smallBody = 10_000
        configuration.largeBodyMemory = 150_000
        return configuration
    }

    @Test("those that do not fit beside others wait for them, in their order, and small ones pass")
    func turns() async throws {
        try await withOneLoop(Self.configuration()) { server, loop in
            var talks: [Talk] = []
            for _ in 0..<3 {
                let talk = try await Talk(server, loop)
                // Half of it is more than comes with a head: it is in its turn, or waits for it.
                try await talk.send(Self.head + String(repeating: "x", count: 50_000))
                talks.append(talk)
            }
            // A small one is not held up.
            let small = try await Talk(server, loop)
            try await small.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12")
            try await small.send("345")
            let answer = try await small.receiveSome()
            #expect(answer.hasPrefix("HTTP/1.1 202 Accepted|"))
            // Each is answered once it is whole and those before it are answered.
            for talk in talks {
                try await talk.send(String(repeating: "x", count: 50_000))
                let answer = try await talk.receiveSome()
                #expect(answer.hasPrefix("HTTP/1.1 202 Accepted|"))
            }
        }
    }

    @Test("one that waits for too long is refused, and told to try again")
    func tooLong() async throws {
        var configuration = Self.configuration()
        configuration.largeBodyWait = .milliseconds(50)
        try await withOneLoop(configuration) { server, loop in
            let first = try await Talk(server, loop)
            try await first.send(Self.head + String(repeating: "x", count: 50_000))
            let second = try await Talk(server, loop)
            try await second.send(Self.head)
            let refusal = try await second.receiveSome()
            #expect(refusal.hasPrefix("HTTP/1.1 503 Service Unavailable|"))
            #expect(refusal.contains("|retry-after: 1|"))
            // The first is as it was.
            try await first.send(String(repeating: "x", count: 50_000))
            let answer = try await first.receiveSome()
            #expect(answer.hasPrefix("HTTP/1.1 202 Accepted|"))
        }
    }

    @Test("a client that is silent in the middle of its body does not hold up the others for long")
    func silence() async throws {
        var configuration = Self.configuration()
        configuration.largeBodySilence = .milliseconds(50)
        try await withOneLoop(configuration) { server, loop in
            let silent = try await Talk(server, loop)
            try await silent.send(Self.head + String(repeating: "x", count: 50_000))
            let second = try await Talk(server, loop)
            try await second.send(Self.head + String(repeating: "x", count: 100_000))
            let answer = try await second.receiveSome()
            #expect(answer.hasPrefix("HTTP/1.1 202 Accepted|"))
            let end = try await silent.receiveSome()
            #expect(end.hasPrefix("HTTP/1.1 408 Request Timeout|"))
        }
    }

    @Test("what is announced in chunks counts as the largest there may be")
    func chunks() async throws {
        var configuration = Self.configuration()
        configuration.limits.body = 150_000
        try await withOneLoop(configuration) { server, loop in
            let first = try await Talk(server, loop)
            try await first.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            let piece = String(repeating: "x", count: 0x4000)
            for _ in 0..<3 { try await first.send("4000\r\n\(piece)\r\n") }
            let second = try await Talk(server, loop)
            try await second.send(Self.head + String(repeating: "x", count: 100_000))
            try await first.send("0\r\n\r\n")
            for talk in [first, second] {
                let answer = try await talk.receiveSome()
                #expect(answer.hasPrefix("HTTP/1.1 202 Accepted|"))
            }
        }
    }

    @Test("a server that stops lets nobody wait")
    func stopping() async throws {
        var configuration = Self.configuration()
        configuration.drainTimeout = .milliseconds(50)
        try await withOneLoop(configuration) { server, loop in
            let first = try await Talk(server, loop)
            try await first.send(Self.head + String(repeating: "x", count: 50_000))
            let second = try await Talk(server, loop)
            try await second.send(Self.head)
            // It ends with the test's end, which waits for the server's tasks: long before the wait's own deadline.
        }
    }

    /// A server on one loop, on which the test's body runs too.
    private func withOneLoop(
        _ configuration: HTTPServerConfiguration,
        _ body: @escaping @Sendable (HTTPServer, EventLoop) async throws -> Void
    ) async throws {
        try await withLoops(1) { group in
            let server = try HTTPServer.bind(
                to: .tcp(host: "127.0.0.1", port: 0), configuration: configuration, on: group)
            let loop = group.loops[0]
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await server.run { _ in testRouter() } }
                do {
                    try await loop.run { try await body(server, loop) }
                } catch {
                    tasks.cancelAll()
                    throw error
                }
                server.stop()
                try await tasks.waitForAll()
            }
        }
    }
}
