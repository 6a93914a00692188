import Bytes
import HTTP
import Synchronization
import TestSupport
import Testing
import Transport

@Suite struct HTTPClientTests {
    @Test func `uses its connections again`() async throws {
        try await withHTTPServer { server, loop in
            let client = HTTPClient(server.localEndpoint, on: loop)
            for _ in 0..<3 {
                let ping = try await client.send(.get, "/ping")
                #expect(ping.status == .noContent && ping.body.isEmpty)
                let head = try await client.send(.head, "/hello")
                #expect(head.status == .ok && head.body.isEmpty)
                let stream = try await client.send(.get, "/stream")
                #expect(stream.body == ByteSlice(utf8: "onetwothree"))
                for size in [0, 5, 100_000] {
                    let echo = try await client.send(.post, "/echo", body: pattern(size))
                    #expect(echo.status == .accepted && echo.body == pattern(size))
                }
                let missing = try await client.send(.get, "/nope")
                #expect(missing.status == .notFound)
            }
            #expect(client.connectionCount == 1)
            client.close()
        }
    }

    @Test func `makes a new connection where the server has closed the old one`() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.idleTimeout = .milliseconds(10)
        try await withHTTPServer(configuration) { server, loop in
            let client = HTTPClient(server.localEndpoint, on: loop)
            for _ in 0..<3 {
                let ping = try await client.send(.get, "/ping")
                #expect(ping.status == .noContent)
                try await until("the connection's end") { server.connectionCount == 0 }
            }
            client.close()
        }
    }

    @Test func `a cancelled request is not sent again`() async throws {
        let (entered, gate) = (Gate(), Gate())
        let router = waitingRouter(gate, entered)
        try await withHTTPServer(.init(), router) { server, loop in
            let client = HTTPClient(server.localEndpoint, on: loop)
            // Two connections that were used before.
            async let one = client.send(.get, "/ping")
            async let two = client.send(.get, "/ping")
            _ = try await (one, two)
            let before = client.connectionCount
            let request = Task(executorPreference: loop) { try await client.send(.get, "/wait") }
            await entered.wait()
            request.cancel()
            do {
                _ = try await request.value
                Issue.record("it was cancelled")
            } catch { #expect((error as? HTTPError)?.code == .cancelled, "\(error)") }
            // The connection that it was on is of no use any more; the others are.
            #expect(client.connectionCount == before - 1)
            gate.open()
            client.close()
        }
    }

    @Test func `what comes unasked is nobody's answer`() async throws {
        let unasked = ByteSlice(utf8: "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong")
        // What was sent on loopback is there.
        let sent = Atomic<Int>(0)
        let handler: @Sendable (ByteStream) async -> Void = { stream in
            let buffer = ReceiveBuffer()
            do {
                while try await stream.read(into: buffer) > 0 {
                    buffer.consume(buffer.count)
                    try await stream.write(ByteSlice(utf8: "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nright"))
                    try await stream.write(unasked)
                    sent.wrappingAdd(1, ordering: .relaxed)
                }
            } catch {}
        }
        try await withServer(handler) { server, loop in
            let client = HTTPClient(server.localEndpoint, on: loop)
            for number in 1...5 {
                let answer = try await client.send(.get, "/")
                #expect(answer.body == ByteSlice(utf8: "right"))
                try await until("what nobody asked for") { sent.load(ordering: .relaxed) == number }
            }
            client.close()
        }
    }

    @Test func `holds to its number of connections and its deadline`() async throws {
        let gate = Gate()
        let router = waitingRouter(gate)
        try await withHTTPServer(.init(), router) { server, loop in
            var configuration = HTTPClientConfiguration()
            configuration.maxConnections = 1
            let client = HTTPClient(server.localEndpoint, configuration: configuration, on: loop)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask(executorPreference: loop) { _ = try await client.send(.get, "/wait") }
                try await until("the first request") { client.connectionCount == 1 }
                do throws(HTTPError) {
                    _ = try await client.send(.get, "/ping", deadline: .after(.milliseconds(20)))
                    Issue.record("there was a second connection")
                } catch {
                    #expect(error.code == .deadline && error.isUnsent)
                }
                gate.open()
                try await tasks.waitForAll()
            }
            let ping = try await client.send(.get, "/ping")
            #expect(ping.status == .noContent && client.connectionCount == 1)
            client.close()
        }
    }

    @Test(arguments: [
        ("", "closed"), ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "closed"),
        ("SSH-2.0\r\n", "malformedResponse"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "malformedResponse"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", "limit"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n401\r\n\(String(repeating: "x", count: 1_025))\r\n",
            "limit"
        ),
    ]) func `tells what is wrong with a server`(answer: String, code: String) async throws {
        try await withServer { stream in
            // What the client sends is awaited, so that the answer is an answer.
            _ = try? await stream.read(into: ReceiveBuffer())
            try? await stream.write(ByteSlice(utf8: answer))
        } _: { listener, loop in
            var configuration = HTTPClientConfiguration()
            configuration.limits.body = 1_024
            let client = HTTPClient(listener.localEndpoint, configuration: configuration, on: loop)
            do throws(HTTPError) {
                _ = try await client.send(.post, "/")
                Issue.record("took \(answer)")
            } catch {
                #expect(error.code.description == code, "\(error)")
            }
            client.close()
        }
    }

    @Test func `passes interim responses over, and reads to the end where there is no length`() async throws {
        try await withServer { stream in
            _ = try? await stream.read(into: ReceiveBuffer())
            try? await stream.write(
                ByteSlice(utf8: "HTTP/1.1 103 Early\r\nX: 1\r\n\r\nHTTP/1.1 200 OK\r\n\r\nto the end"))
        } _: { listener, loop in
            let client = HTTPClient(listener.localEndpoint, on: loop)
            let response = try await client.send(.get, "/")
            #expect(response.body == ByteSlice(utf8: "to the end") && response.head.framing == .untilClose)
            #expect(client.connectionCount == 0)
        }
    }
}
