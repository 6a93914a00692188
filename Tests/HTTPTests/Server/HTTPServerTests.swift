import Bytes
import HTTP
import Synchronization
import TestSupport
import Testing
import Transport

@Suite struct HTTPServerTests {
    private static let text = "content-type: text/plain; charset=utf-8|content-length"
    private static let json = "content-type: application/json|content-length"

    @Test func `answers requests that come together in their order`() async throws {
        try await withHTTPServer { server, loop in
            let talk = try await Talk(server, loop)
            try await talk.send(
                """
                GET /ping HTTP/1.1\r\nHost: a\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello\
                HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /nope HTTP/1.1\r\nHost: a\r\n\r\n\
                POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n\
                GET /stream HTTP/1.1\r\nHost: a\r\n\r\nGET /fail HTTP/1.1\r\nHost: a\r\n\r\n\
                GET /ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n
                """)
            let answers = try await talk.receiveAll()
            #expect(
                answers == """
                    HTTP/1.1 204 No Content||HTTP/1.1 202 Accepted|\(Self.json): 5||hello\
                    HTTP/1.1 200 OK|\(Self.text): 5||HTTP/1.1 404 Not Found|\(Self.text): 20||no such path: /nope\n\
                    HTTP/1.1 202 Accepted|\(Self.json): 3||abc\
                    HTTP/1.1 200 OK|transfer-encoding: chunked||3|one|3|two|5|three|0||\
                    HTTP/1.1 500 Internal Server Error|\(Self.text): 15||internal error\n\
                    HTTP/1.1 204 No Content|connection: close||
                    """)
        }
    }

    @Test func `speaks HTTP 1 point 0`() async throws {
        try await withHTTPServer { server, loop in
            let talk = try await Talk(server, loop)
            try await talk.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /stream HTTP/1.0\r\n\r\n")
            let answers = try await talk.receiveAll()
            #expect(
                answers == """
                    HTTP/1.1 200 OK|\(Self.text): 5|connection: keep-alive||hello\
                    HTTP/1.1 200 OK|connection: close||onetwothree
                    """)
        }
    }

    @Test func `refuses what is no request in the program's own form, and closes`() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.refusal = { .json($0.status, ByteSlice(utf8: #"{"error":"\#($0.message)"}"#)) }
        configuration.responseHeaders = [HTTPHeader("server", "test")]
        try await withHTTPServer(configuration) { server, loop in
            let talk = try await Talk(server, loop)
            try await talk.send("GET /ping HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost : a\r\n\r\n")
            let answers = try await talk.receiveAll()
            let message = #"{"error":"a space stands in a header's name or before its colon"}"#
            #expect(
                answers == """
                    HTTP/1.1 204 No Content|server: test||HTTP/1.1 400 Bad Request|server: test|\(Self.json): 65|\
                    connection: close||\(message)
                    """)
        }
    }

    @Test func `keeps the connection behind a refused or unread body`() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.limits.body = 10
        try await withHTTPServer(configuration) { server, loop in
            let talk = try await Talk(server, loop)
            let body = String(repeating: "x", count: 100_000)
            for path in ["/echo", "/ignore", "/nope"] {
                try await talk.send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n\(body)")
                try await talk.send("POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                try await talk.send("186a0\r\n\(body)\r\n0\r\n\r\nGET /ping HTTP/1.1\r\nHost: a\r\n\r\n")
                let answers = try await talk.receive(until: "HTTP/1.1 204 No Content||")
                let status = ["/echo": "413", "/ignore": "200", "/nope": "404"][path] ?? ""
                #expect(answers.components(of: "HTTP/1.1 ").map { $0.prefix(3) } == [status[...], status[...], "204"])
            }
        }
    }

    @Test func `lets a client that still sends read its refusal`() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.limits.body = 10
        configuration.unreadBodyLimit = 1_000
        try await withHTTPServer(configuration) { server, loop in
            let talk = try await Talk(server, loop)
            try await talk.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n")
            for _ in 0..<40 { try await talk.send(String(repeating: "x", count: 100_000)) }
            let answer = try await talk.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 413 Content Too Large|"))
            #expect(answer.contains("|connection: close||"))
        }
    }

    @Test func `tells a client to go on only where its body is wanted`() async throws {
        try await withHTTPServer { server, loop in
            let talk = try await Talk(server, loop)
            let expectation = "HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: "
            try await talk.send("POST /echo \(expectation)100-continue\r\n\r\n")
            let interim = try await talk.receive(until: "||")
            #expect(interim == "HTTP/1.1 100 Continue||")
            try await talk.send(
                "helloPOST /echo \(expectation)miracles\r\n\r\nhelloPOST /nope \(expectation)100-continue\r\n\r\n")
            let answers = try await talk.receiveAll()
            #expect(answers.components(of: "HTTP/1.1 ").map { $0.prefix(3) } == ["202", "417", "404"])
            #expect(answers.contains("|connection: close||no such path"), "whether the body comes is unknown")
        }
    }

    @Test func `gives slow clients up, and serves others meanwhile`() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.firstByteTimeout = .milliseconds(50)
        configuration.headTimeout = .milliseconds(50)
        configuration.bodyTimeout = .milliseconds(50)
        configuration.idleTimeout = .milliseconds(50)
        try await withHTTPServer(configuration) { server, loop in
            let silent = try await Talk(server, loop)
            let slowHead = try await Talk(server, loop)
            let slowBody = try await Talk(server, loop)
            let good = try await Talk(server, loop)
            try await slowHead.send("GET /ping HTT")
            try await slowBody.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
            try await good.send("GET /ping HTTP/1.1\r\nHost: a\r\n\r\n")
            let answers = [
                try await silent.receiveAll(), try await slowHead.receiveAll(), try await slowBody.receiveAll(),
                try await good.receiveAll(),
            ]
            #expect(answers.map { $0.prefix(12) } == ["", "HTTP/1.1 408", "HTTP/1.1 408", "HTTP/1.1 204"])
        }
    }

    @Test func `waits for a client that does not read`() async throws {
        let produced = Atomic<Int>(0)
        let total = 1_024
        let piece = pattern(65_536)
        // The closure may run on any loop; the counter is atomic and outlives the server.
        let router: @Sendable () -> Router = {
            let router = Router()
            router.on(.get, "/much") { _ in
                HTTPResponse(
                    .ok,
                    body: .stream(length: total * 65_536) { writer in
                        for _ in 0..<total {
                            try await writer.write(piece)
                            produced.wrappingAdd(1, ordering: .relaxed)
                        }
                    })
            }
            return router
        }
        try await withHTTPServer(.init(), router) { server, loop in
            let talk = try await Talk(server, loop)
            try await talk.send("GET /much HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let buffer = ReceiveBuffer(capacity: 1_048_576)
            var received = try await talk.stream.read(into: buffer, deadline: .after(.seconds(10)))
            #expect(produced.load(ordering: .relaxed) < total, "no more than the system's buffers hold")
            while true {
                buffer.consume(buffer.count)
                let count = try await talk.stream.read(into: buffer, atLeast: 1_000_000, deadline: .after(.seconds(10)))
                if count == 0 { break }
                received += count
                #expect(buffer.capacity <= 2_097_152)
            }
            #expect(received > total * 65_536)
        }
    }

    @Test func `takes a streamed body of any length`() async throws {
        try await withHTTPServer { server, loop in
            let talk = try await Talk(server, loop)
            try await talk.send("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n")
            for _ in 0..<40 { try await talk.send(String(repeating: "x", count: 100_000)) }
            let answer = try await talk.receive(until: "4000000")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK|"))
        }
    }

    @Test func `answers what it has begun before it stops`() async throws {
        let (entered, gate) = (Gate(), Gate())
        let router = waitingRouter(gate, entered)
        try await withHTTPServer(.init(), router) { server, loop in
            let idle = try await Talk(server, loop)
            try await idle.send("GET /ping HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await idle.receive(until: "||")
            let busy = try await Talk(server, loop)
            try await busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\nGET /ping HTTP/1.1\r\nHost: a\r\n\r\n")
            await entered.wait()
            server.stop()
            let rest = try await idle.receiveAll()
            #expect(rest.isEmpty)
            gate.open()
            let answer = try await busy.receiveAll()
            #expect(answer == "HTTP/1.1 204 No Content|connection: close||")
        }
    }
}

extension String {
    /// What stands behind each `separator`.
    func components(of separator: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let found = rest.firstRange(of: separator) {
            rest = rest[found.upperBound...]
            parts.append(rest[..<(rest.firstRange(of: separator)?.lowerBound ?? rest.endIndex)])
        }
        return parts
    }
}
