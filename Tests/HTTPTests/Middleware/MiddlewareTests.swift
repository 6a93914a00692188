import Bytes
import HTTP
import Telemetry
import TestSupport
import Testing
import Transport

@Suite struct MiddlewareTests {
    private func serve(
        _ configuration: HTTPServerConfiguration, _ wrap: @escaping @Sendable (any HTTPResponder) -> any HTTPResponder,
        _ body: @escaping @Sendable (HTTPClient) async throws -> Void
    ) async throws {
        try await withHTTPServer(configuration) {
            let router = Router()
            let wrapped = wrap(testRouter())
            for method in [HTTPMethod.get, .options] {
                router.on(method, "/:path") { try await wrapped.respond(to: $0) }
            }
            return router
        } _: { server, loop in
            let client = HTTPClient(server.localEndpoint, on: loop)
            try await body(client)
            client.close()
        }
    }

    @Test func `counts and times requests, refused and failed ones too`() async throws {
        let registry = MetricsRegistry()
        let metrics = HTTPMetrics(registry)
        try await serve(.init()) {
            metrics.measuring($0)
        } _: { client in
            for path in ["/ping", "/hello", "/nope", "/fail"] { _ = try await client.send(.get, path) }
        }
        var writer = ByteWriter()
        registry.writePrometheus(into: &writer)
        let text = writer.finish().description
        for (status, count) in [("2xx", 2), ("4xx", 1), ("5xx", 1)] {
            #expect(text.contains(#"http_requests_total{status="\#(status)"} \#(count)"#))
        }
        #expect(text.contains("http_requests_in_flight 0"))
        #expect(text.contains("http_request_seconds_count 4"))
    }

    @Test func `answers browsers' questions, and lets pages read refusals`() async throws {
        let cors = CORS()
        var configuration = HTTPServerConfiguration()
        configuration.responseHeaders = cors.headers
        try await serve(configuration) {
            cors.answering(HTTPAccessLog($0))
        } _: { client in
            let question = try await client.send(
                .options, "/hello", headers: [HTTPHeader("Access-Control-Request-Method", "PUT")])
            #expect(question.status == .noContent)
            #expect(question.head.headers.first("access-control-allow-methods") != nil)
            let plain = try await client.send(.options, "/hello")
            #expect(plain.head.headers.first("allow") == ByteSlice(utf8: "GET, HEAD, OPTIONS"))
            let refusal = try await client.send(.get, "/nope")
            #expect(refusal.head.headers.first("access-control-allow-origin") == ByteSlice(utf8: "*"))
        }
    }
}
