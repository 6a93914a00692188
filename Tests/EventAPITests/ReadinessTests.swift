import Bytes
import Events
import EventStore
import HTTP
import KafkaClient
import Telemetry
import TestSupport
import Testing
import Transport

@testable import EventAPI

/// What `GET /ready` says while Kafka and ClickHouse are away.
@Suite struct ReadinessTests {
    /// The answer of `GET /ready`, once it holds all of these texts.
    private static func ready(_ client: HTTPClient, says texts: [String]) async throws {
        let deadline = Deadline.after(.seconds(20))
        while true {
            let response = try await client.send(.get, "/ready")
            let body = response.body.description
            #expect(response.status == .serviceUnavailable)
            #expect(response.head.headers.first("retry-after") != nil)
            if texts.allSatisfy({ body.contains($0) }) { return }
            guard !deadline.hasPassed else { throw TestFailure("not all of \(texts) are in \(body)") }
            try await client.loop.sleep(for: .milliseconds(20))
        }
    }

    @Test func `each dependency is there from the first moment`() async throws {
        try await RefusalTests.withAPI { client in
            try await Self.ready(
                client,
                says: [
                    #"{"success":false,"error":"not ready: clickhouse: "#, #""data":{"clickhouse":{"ready":false,"#,
                    #""kafka":{"ready":false,"problem":""#, #""schema":{"ready":false,"#, #""since":"20"#,
                ])
        }
    }

    @Test func `who refuses connections is named with its address`() async throws {
        try await RefusalTests.withAPI { client in
            try await Self.ready(
                client,
                says: [
                    #""problem":"127.0.0.1:1: "#, "not known while ClickHouse is away",
                ])
        }
    }

    @Test func `who takes connections and is silent is not ready either`() async throws {
        try await withLoops(2) { group in
            let silent = try Listener.bind(to: .tcp(host: "127.0.0.1", port: 0), on: group)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    try await silent.run { stream in
                        let buffer = ReceiveBuffer()
                        // Ends when the client gives up; why is its business.
                        while let count = try? await stream.read(into: buffer), count > 0 { buffer.consume(count) }
                    }
                }
                let endpoint = silent.localEndpoint
                try await RefusalTests.withAPI(kafka: endpoint, store: endpoint, on: group) { client in
                    try await Self.ready(
                        client, says: ["\(endpoint)", "not known while"])
                }
                silent.stop()
                try await tasks.waitForAll()
            }
        }
    }

    @Test func `what a look at ClickHouse has found is told of it or of its schema`() {
        let readiness = Readiness(Dependency.clickHouse, Dependency.schema)
        let endpoint = Endpoint.tcp(host: "db", port: 9000)
        func problems() -> [String?] { readiness.snapshot.dependencies.map(\.problem?.text) }
        readiness.found(EventStoreError(.unavailable, "refused"), hasSchema: false, at: [endpoint])
        #expect(problems() == ["db:9000: refused", "not known while ClickHouse is away"])
        readiness.found(EventStoreError(.unavailable, "db:9000 is not there"), hasSchema: false, at: [endpoint])
        #expect(problems() == ["db:9000 is not there", "not known while ClickHouse is away"])
        readiness.found(EventStoreError(.schema, "step 1 is missing"), hasSchema: false, at: [endpoint])
        #expect(problems() == [nil, "step 1 is missing"])
        readiness.found(nil, hasSchema: false, at: [endpoint])
        #expect(problems() == [nil, "found, and taken up at once"])
        readiness.found(nil, hasSchema: true, at: [endpoint])
        #expect(problems() == [nil, nil])
        readiness.found(EventStoreError(.timeout, "silent"), hasSchema: true, at: [endpoint])
        #expect(problems() == ["db:9000: silent", nil])
        readiness.found(EventStoreError(.schema, "step 1 is missing"), hasSchema: true, at: [endpoint])
        #expect(problems() == [nil, "step 1 is missing"])
        // Away, it says nothing new of the schema.
        readiness.found(EventStoreError(.timeout, "silent"), hasSchema: true, at: [endpoint])
        #expect(problems() == ["db:9000: silent", "step 1 is missing"])
    }
}

/// What clients are told of failures behind the API.
@Suite struct ReasonTests {
    @Test func `each failure of ClickHouse has its own text, and the log has the whole`() {
        for (code, text, retry) in [
            (.unavailable, "ClickHouse cannot be reached: try again", "1"),
            (.busy, "too many reads at once: try again", "1"),
            (.timeout, "ClickHouse did not answer in time: try again", "5"),
            (
                .tooExpensive, "the query takes too much memory, or its result is too large: narrow it, or try again",
                "5"
            ),
            (.schema, "the database's schema is not the one that the API works with", "1"),
        ] as [(EventStoreError.Code, String, String)] {
            let error = HTTPError(EventStoreError(code, "db:9000: what it said"))
            #expect(error.status == .serviceUnavailable)
            #expect(error.message == text)
            #expect(error.headers == [HTTPHeader("retry-after", retry)])
            #expect(error.detail == "db:9000: what it said")
        }
    }

    @Test func `each failure of Kafka has its own text, and the log has the whole`() {
        for (code, status, text) in [
            (.bufferFull, 503, "too many operations wait for Kafka: try again"),
            (.deliveryTimeout, 503, "Kafka did not acknowledge the operation in time: try again"),
            (.recordTooLarge, 413, "the event is larger than Kafka's topic takes"),
            (.closed, 503, "the API is stopping: try again"),
            (.fenced, 503, "Kafka does not take the operation: said so"),
        ] as [(KafkaError.Code, Int, String)] {
            let error = HTTPError(KafkaError(code, "said so", broker: "b:9092"))
            #expect(error.status.code == status)
            #expect(error.message == text)
            #expect(error.detail == "said so [b:9092]")
        }
    }
}
