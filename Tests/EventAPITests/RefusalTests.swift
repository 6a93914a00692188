import Bytes
import EventStore
import HTTP
import KafkaClient
import TestSupport
import Testing
import Transport

@testable import EventAPI

/// An API whose Kafka and ClickHouse are away: what it refuses by itself, and how.
@Suite struct RefusalTests {
    /// Answers to requests, as "status body".
    static func withAPI(
        _ body: @escaping @Sendable (HTTPClient) async throws -> Void
    ) async throws {
        try await withLoops(2) { group in
            // Nobody listens at these ports.
            let nowhere = Endpoint.tcp(host: "127.0.0.1", port: 1)
            try await withAPI(kafka: nowhere, store: nowhere, on: group, body)
        }
    }

    static func withAPI(
        kafka: Endpoint, store: Endpoint, on group: EventLoopGroup,
        _ body: @escaping @Sendable (HTTPClient) async throws -> Void
    ) async throws {
        do {
            var configuration = EventAPIConfiguration(
                endpoint: .tcp(host: "127.0.0.1", port: 0), kafka: KafkaConfiguration(brokers: [kafka]),
                store: EventStoreConfiguration(endpoint: store))
            configuration.maximumBody = 4096
            configuration.maximumBatch = 100_000
            let api = EventAPI(configuration)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await api.run(on: group) }
                try await until("the API listens") { api.localEndpoint != nil }
                let endpoint = try #require(api.localEndpoint)
                let loop = group.loops[0]
                do {
                    try await loop.run {
                        let client = HTTPClient(endpoint, on: loop)
                        defer { client.close() }
                        try await body(client)
                    }
                } catch {
                    tasks.cancelAll()
                    throw error
                }
                api.stop()
                try await tasks.waitForAll()
            }
        }
    }

    private static func send(
        _ client: HTTPClient, _ method: HTTPMethod, _ target: String, _ body: String? = nil
    ) async throws -> String {
        let response = try await client.send(method, target, body: body.map { ByteSlice(utf8: $0) })
        #expect(response.head.headers.first("access-control-allow-origin") == ByteSlice(utf8: "*"))
        return "\(response.status.code) \(response.body)"
    }

    @Test func itIsAliveWhateverElseIs() async throws {
        try await Self.withAPI { client in
            let health = try await Self.send(client, .get, "/health")
            #expect(health == #"200 {"success":true,"message":"ok"}"#)
            let ping = try await Self.send(client, .get, "/ping")
            #expect(ping == "204 ")
            let options = try await Self.send(client, .options, "/event")
            #expect(options == "204 ")
            let ready = try await Self.send(client, .get, "/ready")
            #expect(ready.hasPrefix("503 "))
            let metrics = try await Self.send(client, .get, "/metrics")
            #expect(metrics.contains("api_writes_accepted_total 0"))
        }
    }

    @Test func whatCannotBeDoneNowIsToBeTriedAgain() async throws {
        try await Self.withAPI { client in
            let body = #"{"conversation_id":"c","event_name":"event_a"}"#
            let id = "/event/01890a5d-ac96-774b-bcce-b302099a8057"
            let requests: [(HTTPMethod, String, String?)] = [
                (.post, "/event", body), (.post, "/event/", body), (.put, id, #"{"input":""}"#), (.delete, id, nil),
                (.get, id, nil), (.get, "/events/conversation/c", nil), (.get, "/analytics/latency", nil),
            ]
            for (method, target, body) in requests {
                let response = try await client.send(method, target, body: body.map { ByteSlice(utf8: $0) })
                #expect(response.status == .serviceUnavailable)
                #expect(response.head.headers.first("retry-after") == ByteSlice(utf8: "1"))
                #expect(response.body.description.hasPrefix(#"{"success":false,"error":""#))
            }
        }
    }

    @Test func badInputIsRefusedByName() async throws {
        try await Self.withAPI { client in
            let cases: [(HTTPMethod, String, String?, String)] = [
                (.post, "/event", "{", #"400 {"success":false,"error":"body: the JSON ends too early (at byte 1)"}"#),
                (.post, "/event", "{}", #"400 {"success":false,"error":"conversation_id: is required"}"#),
                (.put, "/event/x", "{}", #"400 {"success":false,"error":"id: must be a UUID such as"#),
                (.delete, "/event/%7B01890a5d-ac96-774b-bcce-b302099a8057%7D", nil, #"400 {"success":false,"#),
                (.get, "/event/01890a5dac96774bbcceb302099a8057", nil, #"400 {"success":false,"error":"id: must"#),
                (.get, "/analytics/errors", nil, #"400 {"success":false,"error":"event_name is required"}"#),
                (.get, "/analytics/errors?event_name=", nil, #"400 {"success":false,"error":"event_name must not be"#),
                (
                    .get, "/analytics/errors?event_name=a&days=0", nil,
                    #"400 {"success":false,"error":"days must be a whole"#
                ),
                (.get, "/analytics/latency?limit=10001", nil, #"400 {"success":false,"error":"limit must be a whole"#),
                (.get, "/nowhere", nil, #"404 {"success":false,"error":"no such path: /nowhere"}"#),
                (.patch, "/event", nil, #"405 {"success":false,"error":"PATCH is not allowed here"}"#),
                (.post, "/event", String(repeating: " ", count: 5000), #"413 {"success":false,"error":"the body is"#),
            ]
            for (method, target, body, answer) in cases {
                let got = try await Self.send(client, method, target, body)
                #expect(got.hasPrefix(answer), "\(method) \(target): \(got)")
            }
        }
    }
}
