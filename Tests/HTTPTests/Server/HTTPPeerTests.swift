import Bytes
import HTTP
import Synchronization
import TestSupport
import Testing
import Transport

/// Peers that are hostile, greedy, slow or gone: none of them costs the others anything.
@Suite struct HTTPPeerTests {
    private static let ping = "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"

    /// How many connections began to flood.
    private final class Floods: Sendable {
        let begun = Atomic<Int>(0)
    }

    /// Sends `text` without end, on one connection after another where the server ends them, until the task is
    /// cancelled, and reads what comes.
    private func flood(_ server: HTTPServer, _ first: String, _ text: String, _ floods: Floods) async {
        // A loop of its own is the peer's: on the server's it would be the peer that stands in the way.
        try? await withLoops(1) { group in
            let loop = group.loops[0]
            while !Task.isCancelled {
                // The server may end the connection of a peer like this one at any moment.
                try? await loop.run {
                    let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
                    floods.begun.wrappingAdd(1, ordering: .relaxed)
                    let many = ByteSlice(utf8: String(repeating: text, count: 4_000))
                    try await withThrowingTaskGroup(of: Void.self) { tasks in
                        tasks.addTask {
                            try await stream.write(ByteSlice(utf8: first))
                            while true { try await stream.write(many) }
                        }
                        let buffer = ReceiveBuffer(capacity: 65_536)
                        while try await stream.read(into: buffer) > 0 { buffer.consume(buffer.count) }
                        tasks.cancelAll()
                    }
                }
            }
        }
    }

    @Test(arguments: [
        ("", HTTPPeerTests.ping),
        ("", "GET /nope HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n"),
        ("POST /nope HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000000\r\n\r\n", "x"),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", "x"),
    ])
    func `a peer that sends without end leaves the loop to others`(first: String, text: String) async throws {
        try await withLoops(1) { group in
            // The server has one loop alone.
            let server = try HTTPServer.bind(to: .tcp(host: "127.0.0.1", port: 0), on: group)
            let floods = Floods()
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await server.run { _ in testRouter() } }
                for _ in 0..<2 { tasks.addTask { await flood(server, first, text, floods) } }
                try await until("the floods") { floods.begun.load(ordering: .relaxed) >= 2 }
                let loop = group.loops[0]
                try await loop.run {
                    for _ in 0..<20 {
                        let talk = try await Talk(server, loop)
                        try await talk.send(Self.ping)
                        let answer = try await talk.receive(until: "||")
                        #expect(answer == "HTTP/1.1 204 No Content||")
                    }
                }
                tasks.cancelAll()
            }
        }
    }

    @Test func `requests that came together give way now and then`() async throws {
        let answered = Atomic<Int>(0)
        let atTurn = Atomic<Int>(0)
        // The closures run on the server's loops; the counters are atomic and outlive the server.
        let router: @Sendable () -> Router = {
            let router = Router()
            router.on(.get, "/count") { _ in
                if answered.wrappingAdd(1, ordering: .relaxed).oldValue == 0, let loop = EventLoop.current {
                    // Runs when the connection's task stops for the first time.
                    loop.execute { atTurn.store(answered.load(ordering: .relaxed), ordering: .relaxed) }
                }
                return HTTPResponse(.noContent)
            }
            return router
        }
        try await withHTTPServer(.init(), router) { server, loop in
            let talk = try await Talk(server, loop)
            try await talk.send(String(repeating: "GET /count HTTP/1.1\r\nHost: a\r\n\r\n", count: 1_000))
            try await until("all answers") { answered.load(ordering: .relaxed) == 1_000 }
            let turn = atTurn.load(ordering: .relaxed)
            #expect((1...64).contains(turn), "the loop's others had their first turn after \(turn) requests")
        }
    }

    @Test func `an answer does not wait for the next request's`() async throws {
        let gate = Gate()
        let router = waitingRouter(gate)
        try await withHTTPServer(.init(), router) { server, loop in
            let talk = try await Talk(server, loop)
            try await talk.send(Self.ping + "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n" + Self.ping)
            let first = try await talk.receive(until: "||")
            #expect(first == "HTTP/1.1 204 No Content||")
            gate.open()
            let rest = try await talk.receive(until: "||HTTP/1.1 204 No Content||")
            #expect(rest == "HTTP/1.1 204 No Content||HTTP/1.1 204 No Content||")
        }
    }

    @Test func `a response that fails before it leaves is replaced, a later one cut`() async throws {
        let router: @Sendable () -> Router = {
            let router = testRouter()
            router.on(.get, "/early") { _ in
                HTTPResponse(
                    .ok,
                    body: .stream(length: nil) { writer in
                        try await writer.write(ByteSlice(utf8: "some"))
                        throw HTTPError(.serviceUnavailable, "gone", headers: [HTTPHeader("retry-after", "1")])
                    })
            }
            router.on(.get, "/late") { _ in
                HTTPResponse(
                    .ok,
                    body: .stream(length: nil) { writer in
                        try await writer.write(ByteSlice(utf8: "some"))
                        try await writer.flush()
                        throw TestFailure("late")
                    })
            }
            return router
        }
        try await withHTTPServer(.init(), router) { server, loop in
            let talk = try await Talk(server, loop)
            try await talk.send(Self.ping + "GET /early HTTP/1.1\r\nHost: a\r\n\r\n")
            let early = try await talk.receive(until: "gone\n")
            #expect(
                early.hasPrefix("HTTP/1.1 204 No Content||HTTP/1.1 503 Service Unavailable|"), "\(early)")
            #expect(early.contains("|retry-after: 1|") && !early.contains("some"))
            try await talk.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n")
            let late = try await talk.receiveAll()
            #expect(late == "HTTP/1.1 200 OK|transfer-encoding: chunked||4|some|")
        }
    }

    @Test func `a body is collected once, and what is left of it behind a streamed part`() async throws {
        let router: @Sendable () -> Router = {
            let router = testRouter()
            router.on(.post, "/twice") { request in
                let first = try await request.body.collect()
                let second = try await request.body.collect()
                return .text(.ok, "\(first.count) \(second.count)")
            }
            router.on(.post, "/rest") { request in
                let first = try await request.body.next()?.count ?? 0
                return .text(.ok, "\(first + (try await request.body.collect()).count)")
            }
            return router
        }
        try await withHTTPServer(.init(), router) { server, loop in
            let talk = try await Talk(server, loop)
            let body = String(repeating: "x", count: 100_000)
            for (path, answer) in [("/twice", "100000 0"), ("/rest", "100000")] {
                try await talk.send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n\(body)")
                let found = try await talk.receive(until: "||" + answer)
                #expect(found.hasPrefix("HTTP/1.1 200 OK|"))
            }
        }
    }

    @Test func `chunks are not made of extensions`() async throws {
        try await withHTTPServer { server, loop in
            let talk = try await Talk(server, loop)
            let chunk = "1;" + String(repeating: "e", count: 200) + "\r\nx\r\n"
            try await talk.send("POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            try await talk.send(String(repeating: chunk, count: 80))
            try await talk.send(String(repeating: chunk, count: 80))
            let answer = try await talk.receiveSome()
            #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request|"), "\(answer)")
        }
    }

    @Test func `a client that never reads is given up`() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.writeTimeout = .milliseconds(50)
        let router: @Sendable () -> Router = {
            let router = Router()
            router.on(.get, "/large") { _ in HTTPResponse(.ok, body: .bytes(pattern(50_000_000))) }
            return router
        }
        try await withHTTPServer(configuration, router) { server, loop in
            let talk = try await Talk(server, loop)
            try await talk.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            try await until("the connection's end") { server.connectionCount == 0 }
            withExtendedLifetime(talk) {}
        }
    }

    @Test func `what drains too long is cut`() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.drainTimeout = .milliseconds(20)
        let entered = Gate()
        let router: @Sendable () -> Router = {
            let router = Router()
            router.on(.post, "/read") { request in
                entered.open()
                return .json(.ok, try await request.body.collect())
            }
            return router
        }
        try await withHTTPServer(configuration, router) { server, loop in
            let talk = try await Talk(server, loop)
            try await talk.send("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
            await entered.wait()
            server.stop()
            let answer = try await talk.receiveAll()
            #expect(answer == "")
        }
    }

    @Test func `too many connections are told so in the program's form`() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.listen.maxConnections = 1
        configuration.responseHeaders = [HTTPHeader("server", "test")]
        try await withHTTPServer(configuration) { server, loop in
            let first = try await Talk(server, loop)
            try await first.send(Self.ping)
            _ = try await first.receive(until: "||")
            let second = try await Talk(server, loop)
            let answer = try await second.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable|server: test|"), "\(answer)")
            #expect(answer.contains("|retry-after: 1|"))
        }
    }

    @Test func `clients that do not read hold no more memory than there is for responses`() async throws {
        var configuration = HTTPServerConfiguration()
        // More than sockets take of a response that nobody reads.
        let size = 32 << 20
        configuration.responseMemory = size + 1
        try await withLoops(1) { group in
            let server = try HTTPServer.bind(
                to: .tcp(host: "127.0.0.1", port: 0), configuration: configuration, on: group)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    try await server.run { _ in
                        let router = testRouter()
                        let large = ByteSlice([UInt8](repeating: 0x20, count: size))
                        router.on(.get, "/large") { _ in HTTPResponse(.ok, contentType: .bytes, body: .bytes(large)) }
                        return router
                    }
                }
                let loop = group.loops[0]
                try await loop.run {
                    let slow = try await Talk(server, loop)
                    try await slow.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
                    _ = try await slow.receiveSome()
                    var clients = HTTPClientConfiguration()
                    clients.limits.body = size
                    let client = HTTPClient(server.localEndpoint, configuration: clients, on: loop)
                    let refused = try await client.send(.get, "/large")
                    #expect(refused.status == .serviceUnavailable)
                    #expect(refused.head.headers.first("retry-after") == ByteSlice(utf8: "1"))
                    #expect(refused.body.description == "too many large responses wait for slow readers: try again\n")
                    // Small ones, and what has no body, are answered.
                    #expect(try await client.send(.get, "/hello").status == .ok)
                    #expect(try await client.send(.head, "/large").status == .ok)
                    slow.stream.close()
                    let deadline = Deadline.after(.seconds(20))
                    while try await client.send(.get, "/large").status != .ok {
                        #expect(!deadline.hasPassed)
                        try await loop.sleep(for: .milliseconds(10))
                    }
                    client.close()
                }
                server.stop()
                try await tasks.waitForAll()
            }
        }
    }
}
