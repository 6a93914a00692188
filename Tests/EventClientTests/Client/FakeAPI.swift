import Bytes
import Compression
import Foundation
import HTTP
import Synchronization
import TestSupport
import Transport

@testable import EventClient

/// An API that keeps events in memory and, before it behaves, does what it was told to.
final class FakeAPI: Sendable {
    enum Fault: Sendable {
        /// Answers with a status, and takes nothing.
        case status(Int, retryAfter: String? = nil)
        /// Takes it, and closes in the middle of the answer.
        case cut
        /// Takes it, and answers with this.
        case text(String)
        /// Takes it, and answers after the gate has opened.
        case slow(Gate)
    }

    struct State {
        var events: [UUID: NewEvent] = [:]
        var faults: [Fault] = []
        /// Method and target of each request, with how many bytes its body had, and with which encoding.
        var requests: [String] = []
        var headers: [[String: String]] = []
        /// How many creates came, doubles included.
        var creates = 0
        var largestBatch = Int.max
        var isAway = false
    }

    let state = Mutex(State())

    var ids: Set<UUID> { state.withLock { Set($0.events.keys) } }
    var requests: [String] { state.withLock { $0.requests } }
    func fail(_ faults: Fault...) { state.withLock { $0.faults += faults } }

    func router() -> Router {
        let router = Router()
        for (method, paths) in [
            (HTTPMethod.post, ["/event", "/events/batch", "/base/event"]), (.put, ["/event/:id"]),
            (.delete, ["/event/:id"]),
            (
                .get,
                [
                    "/event/:id", "/events", "/events/conversation/:id", "/conversations", "/event-names", "/health",
                    "/ready", "/analytics/errors", "/analytics/latency", "/analytics/sessions/top-errors",
                ]
            ),
        ] {
            for path in paths { router.on(method, path) { request in try await self.answer(request, path) } }
        }
        return router
    }

    private func answer(_ request: HTTPRequest, _ path: String) async throws -> HTTPResponse {
        let coded = try await request.body.collect(upTo: 64 << 20)
        var body = coded
        let coding = request.headers.first("content-encoding")?.utf8
        if coding == "gzip" {
            var writer = ByteWriter()
            try GzipDecompressor().decompress(coded.span, into: &writer, limit: 64 << 20)
            body = writer.finish()
        }
        var target = request.path.utf8 ?? ""
        if let query = request.head.query.utf8, !query.isEmpty { target += "?" + query }
        let fault = state.withLock { [target] state -> Fault? in
            state.requests.append("\(request.method) \(target) \(coded.count) \(coding ?? "-")")
            var headers: [String: String] = [:]
            for index in 0..<request.headers.count {
                headers[request.headers.name(at: index).utf8 ?? ""] = request.headers.value(at: index).utf8
            }
            state.headers.append(headers)
            if state.isAway { return .status(503) }
            return state.faults.isEmpty ? nil : state.faults.removeFirst()
        }
        if case .status(let code, let after)? = fault {
            let headers = (after.map { [HTTPHeader("retry-after", $0)] } ?? []) + [HTTPHeader("x-request-id", "r-1")]
            return .json(HTTPStatus(code), ByteSlice(utf8: #"{"success":false,"error":"told to"}"#), headers: headers)
        }
        let response = try respond(request, path, Data(body.array))
        switch fault {
        case .cut:
            return HTTPResponse(
                .accepted,
                body: .stream(length: 100) { writer in
                    try await writer.write(ByteSlice(utf8: "{"))
                    throw TestFailure("cut")
                })
        case .text(let text): return .json(request.method == .get ? .ok : .accepted, ByteSlice(utf8: text))
        case .slow(let gate):
            await gate.wait()
            return response
        default: return response
        }
    }

    private func respond(_ request: HTTPRequest, _ path: String, _ body: Data) throws -> HTTPResponse {
        let id = UUID(uuidString: request.parameters.text("id"))
        switch (request.method, path) {
        case (.post, "/events/batch"): return try batch(body)
        case (.post, _):
            let event = try JSONDecoder().decode(NewEvent.self, from: body)
            create(event)
            return json(202, #"{"success":true,"data":{"id":"\#(event.id.uuidString.lowercased())"}}"#)
        case (.put, _), (.delete, _):
            if request.method == .delete, let id { state.withLock { _ = $0.events.removeValue(forKey: id) } }
            return json(202, #"{"success":true,"data":{"id":"\#(id?.uuidString.lowercased() ?? "")"}}"#)
        case (.get, "/event/:id"):
            guard let id, let event = state.withLock({ $0.events[id] }) else {
                return json(404, #"{"success":false,"error":"event not found"}"#)
            }
            return json(200, #"{"success":true,"data":\#(stored(event))}"#)
        case (.get, "/events"), (.get, "/events/conversation/:id"):
            // Pages of two, and an empty one between them.
            let all = state.withLock { Array($0.events.values) }.sorted { $0.id.uuidString < $1.id.uuidString }
            let cursor = try request.query.value("cursor") ?? "0"
            let start = Int(cursor.hasPrefix("e") ? String(cursor.dropFirst()) : cursor) ?? 0
            if !cursor.hasPrefix("e"), start > 0 {
                return json(200, #"{"success":true,"data":[],"next_cursor":"e\#(start)"}"#)
            }
            let page = all.dropFirst(start).prefix(2).map { stored($0) }.joined(separator: ",")
            let next = start + 2 < all.count ? "\"\(start + 2)\"" : "null"
            return json(200, #"{"success":true,"data":[\#(page)],"next_cursor":\#(next)}"#)
        case (.get, "/conversations"):
            let row = #"""
                {"conversation_id":"c","first_event_at":"2026-01-09T00:00:00.000Z","last_event_at":"2026-01-09T00:00:01.500Z",
                "event_count":2,"error_count":1,"total_latency":3.5,"metadata":"{}"}
                """#
            return json(200, #"{"success":true,"data":[\#(row)],"next_cursor":null}"#)
        case (.get, "/event-names"): return json(200, #"{"success":true,"data":[{"event_name":"a","count":3}]}"#)
        case (.get, "/analytics/errors"):
            return json(
                200,
                #"{"success":true,"data":[{"date":"2026-01-09","event_name":"a","error_count":1,"total_count":3}]}"#)
        case (.get, "/analytics/latency"):
            return json(
                200,
                #"{"success":true,"data":[{"conversation_id":"c","event_name":"a","p95_latency":9.5,"event_count":3}]}"#
            )
        case (.get, "/analytics/sessions/top-errors"):
            return json(
                200,
                #"{"success":true,"data":[{"conversation_id":"c","total_events":4,"error_events":1,"error_rate":0.25}]}"#
            )
        default: return json(200, #"{"success":true,"message":"ok"}"#)
        }
    }

    private func json(_ status: Int, _ text: String) -> HTTPResponse {
        .json(HTTPStatus(status), ByteSlice(utf8: text))
    }

    private func create(_ event: NewEvent) {
        state.withLock { state in
            state.creates += 1
            state.events[event.id] = event
        }
    }

    private func stored(_ event: NewEvent) -> String {
        """
        {"id":"\(event.id.uuidString.lowercased())","conversation_id":"\(event.conversationID)",\
        "conversation_metadata":"","event_name":"\(event.eventName)","error":"","latency":\(event.latency),"input":"",\
        "output":"","input_embeddings":[0.5],"output_embeddings":[],"created_at":"2026-01-09T00:00:00.123Z",\
        "updated_at":"2026-01-09T00:00:00.123Z"}
        """
    }

    private func batch(_ body: Data) throws -> HTTPResponse {
        let lines = body.split(separator: 10)
        if lines.count > state.withLock({ $0.largestBatch }) {
            return json(413, #"{"success":false,"error":"body: has too many items"}"#)
        }
        var (ids, errors): ([String], [String]) = ([], [])
        for (index, line) in lines.enumerated() {
            let event = try JSONDecoder().decode(NewEvent.self, from: line)
            if event.eventName == "refused" {
                ids.append("null")
                errors.append(#"{"index":\#(index),"error":"event_name: must be another"}"#)
            } else {
                create(event)
                ids.append("\"\(event.id.uuidString.lowercased())\"")
            }
        }
        let status = errors.isEmpty ? 202 : errors.count == ids.count ? 400 : 207
        return json(
            status,
            #"{"success":true,"data":{"ids":[\#(ids.joined(separator: ","))],"errors":[\#(errors.joined(separator: ","))]}}"#
        )
    }
}

/// Runs a fake API and a client of it; the client is closed and the server stopped afterwards.
func withAPI(
    _ change: (inout EventClientConfiguration) -> Void = { _ in }, path: String = "", tls: TLSConfiguration? = nil,
    host: String = "127.0.0.1", _ body: (FakeAPI, EventClient) async throws -> Void
) async throws {
    let api = FakeAPI()
    try await withLoops(1) { group in
        var server = HTTPServerConfiguration()
        server.limits.body = 64 << 20
        server.listen.tls = tls
        let http = try HTTPServer.bind(to: .tcp(host: host, port: 0), configuration: server, on: group)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await http.run { _ in api.router() } }
            let port = http.localEndpoint.port ?? 0
            let shown = tls == nil ? (host.contains(":") ? "http://[\(host)]" : "http://\(host)") : "https://localhost"
            var configuration = EventClientConfiguration("\(shown):\(port)\(path)")
            configuration.backoff = Backoff(first: .milliseconds(2), limit: .milliseconds(10), jitter: .full)
            configuration.deadline = .seconds(20)
            change(&configuration)
            do {
                try await withEventClient(configuration) { try await body(api, $0) }
            } catch {
                tasks.cancelAll()
                throw error
            }
            http.stop()
            try await tasks.waitForAll()
        }
    }
}

func event(_ name: String = "event_a", input: String = "") -> NewEvent {
    NewEvent(conversationID: "c", eventName: name, input: input)
}

/// The error that a call ends with.
func failure(_ body: () async throws -> Void) async -> EventClientError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? EventClientError
    }
}
