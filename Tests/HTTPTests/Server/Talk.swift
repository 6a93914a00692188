import Bytes
import HTTP
import TestSupport
import Testing
import Transport

/// Runs a server on a free port, and `body` on a loop; stops the server afterwards, and waits until all has ended.
func withHTTPServer(
    _ configuration: HTTPServerConfiguration = .init(), _ router: @escaping @Sendable () -> Router = { testRouter() },
    _ body: @escaping @Sendable (HTTPServer, EventLoop) async throws -> Void
) async throws {
    try await withLoops(2) { group in
        let server = try HTTPServer.bind(to: .tcp(host: "127.0.0.1", port: 0), configuration: configuration, on: group)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run { _ in router() } }
            let loop = group.loops[0]
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

func testRouter() -> Router {
    let router = Router()
    router.on(.get, "/ping") { _ in HTTPResponse(.noContent) }
    router.on(.get, "/hello") { _ in .text(.ok, "hello") }
    router.on(.post, "/echo") { request in .json(.accepted, try await request.body.collect()) }
    router.on(.post, "/ignore") { _ in .text(.ok, "ignored") }
    router.on(.post, "/count") { request in
        var count = 0
        while let piece = try await request.body.next() { count += piece.count }
        return .text(.ok, "\(count)")
    }
    router.on(.get, "/stream") { _ in
        HTTPResponse(
            .ok,
            body: .stream(length: nil) { writer in
                for piece in ["one", "two", "three"] { try await writer.write(ByteSlice(utf8: piece)) }
            })
    }
    router.on(.get, "/fail") { _ in throw TestFailure("secret") }
    return router
}

/// The test router with `/wait`, which opens one gate and waits at the other.
func waitingRouter(_ gate: Gate, _ entered: Gate = Gate()) -> @Sendable () -> Router {
    {
        let router = testRouter()
        router.on(.get, "/wait") { _ in
            entered.open()
            await gate.wait()
            return HTTPResponse(.noContent)
        }
        return router
    }
}

/// A client that sees every byte.
final class Talk {
    let stream: ByteStream
    private let buffer = ReceiveBuffer()

    init(_ server: HTTPServer, _ loop: EventLoop) async throws {
        stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
    }

    func send(_ text: String) async throws {
        try await stream.write(ByteSlice(utf8: text), deadline: .after(.seconds(10)))
    }

    /// What comes until it ends with `end`, dates and made-up names left out, line ends as bars.
    func receive(until end: String) async throws -> String {
        while true {
            let text = seen
            if text.hasSuffix(end) {
                buffer.consume(buffer.count)
                return text
            }
            guard try await stream.read(into: buffer, deadline: .after(.seconds(10))) > 0 else {
                throw TestFailure("ended early: \(text)")
            }
        }
    }

    /// What comes first, or until the server closes.
    func receiveSome() async throws -> String {
        _ = try await stream.read(into: buffer, deadline: .after(.seconds(10)))
        defer { buffer.consume(buffer.count) }
        return seen
    }

    /// What comes until the server closes.
    func receiveAll() async throws -> String {
        while try await stream.read(into: buffer, deadline: .after(.seconds(10))) > 0 {}
        return seen
    }

    private var seen: String {
        let text = buffer.slice(0..<buffer.count).description
        let varying = ["date: ", "x-request-id: "]
        return text.split(separator: "\r\n", omittingEmptySubsequences: false)
            .filter { line in !varying.contains { line.hasPrefix($0) } }.joined(separator: "|")
    }
}
