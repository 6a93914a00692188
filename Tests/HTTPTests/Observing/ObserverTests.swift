import Bytes
import HTTP
import Synchronization
import Telemetry
import TestSupport
import Testing
import Transport

@Suite struct ObserverTests {
    private func serve(
        _ configuration: HTTPServerConfiguration,
        _ body: @escaping @Sendable (HTTPServer, HTTPClient) async throws -> Void
    ) async throws {
        try await withHTTPServer(configuration) {
            let router = testRouter()
            router.cors = CORS()
            return router
        } _: { server, loop in
            let client = HTTPClient(server.localEndpoint, on: loop)
            try await body(server, client)
            client.close()
        }
    }

    @Test func `metrics count and time requests, and what is refused before it is one`() async throws {
        let registry = MetricsRegistry()
        var configuration = HTTPServerConfiguration()
        configuration.observers = [HTTPMetrics(registry)]
        try await serve(configuration) { server, client in
            for path in ["/ping", "/hello", "/nope", "/fail"] { _ = try await client.send(.get, path) }
            let talk = try await Talk(server, client.loop)
            try await talk.send("GET / HTTP/1.1\r\nHost : a\r\n\r\n")
            _ = try await talk.receiveAll()
            // Goes away in the middle of its body: nobody's failure but its own.
            let gone = try await Talk(server, client.loop)
            try await gone.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
            gone.stream.close()
            try await until("it is noticed") { server.connectionCount == 1 }
        }
        var writer = ByteWriter()
        registry.writePrometheus(into: &writer)
        let text = writer.finish().description
        for (status, count) in [("2xx", 2), ("4xx", 3), ("5xx", 1)] {
            #expect(text.contains(#"http_requests_total{status="\#(status)"} \#(count)"#), "\(text)")
        }
        #expect(text.contains("http_requests_in_flight 0"))
        #expect(text.contains("http_request_seconds_count 6"))
    }

    @Test func `observers learn of the trace that a request belongs to`() async throws {
        final class Recorder: HTTPObserver {
            let seen = Mutex<[String]>([])
            func began() {}
            func ended(_ exchange: HTTPExchange) {
                let trace = exchange.request?.trace?.traceText ?? "none"
                seen.withLock { $0.append("\(exchange.status.code) \(trace)") }
            }
        }
        let recorder = Recorder()
        var configuration = HTTPServerConfiguration()
        configuration.observers = [recorder]
        try await serve(configuration) { _, client in
            let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            _ = try await client.send(.get, "/ping", headers: [HTTPHeader("traceparent", trace)])
            _ = try await client.send(.get, "/nope", headers: [HTTPHeader("traceparent", "nonsense")])
        }
        #expect(recorder.seen.withLock { $0 } == ["204 4bf92f3577b34da6a3ce929d0e0e4736", "404 none"])
    }

    @Test func `browsers' questions are answered, and pages can read refusals`() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.responseHeaders = CORS().headers
        try await serve(configuration) { _, client in
            let question = try await client.send(
                .options, "/hello", headers: [HTTPHeader("Access-Control-Request-Method", "PUT")])
            #expect(question.status == .noContent)
            #expect(question.head.headers.first("access-control-allow-methods") != nil)
            #expect(question.head.headers.first("allow") == ByteSlice(utf8: "GET, HEAD, OPTIONS"))
            let names = question.head.headers.first("access-control-allow-headers")?.description ?? ""
            // By name: no browser takes `*` for it.
            #expect(names.hasPrefix("Authorization, Content-Type, Content-Encoding, X-API-Key, "))
            let other = try await client.send(
                .options, "/hello",
                headers: [
                    HTTPHeader("Access-Control-Request-Headers", "x-mine,authorization, X-Other"),
                    HTTPHeader(
                        "Access-Control-Request-Headers",
                        "a b, a:c, x-mine, (no), \(String(repeating: "x", count: 129))"),
                ])
            #expect(
                other.head.headers.first("access-control-allow-headers")?.description == names + ", x-mine, X-Other")
            let refusal = try await client.send(.get, "/nope")
            let exposed = refusal.head.headers.first("access-control-expose-headers")?.description
            #expect(exposed == "Retry-After, X-Request-Id")
            #expect(refusal.head.headers.first("access-control-allow-origin") == ByteSlice(utf8: "*"))
        }
    }
}
