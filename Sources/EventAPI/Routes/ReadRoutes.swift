import Bytes
import EventStore
import Events
import HTTP
import Telemetry
import Transport

/// The routes that read: each turns its parameters into a query, and the answer's blocks into JSON.
struct ReadRoutes {
    let services: LoopServices

    func register(on routes: APIRoutes) {
        routes.on(.scope(.read), .get, "/event/:id") { try await event($0) }
        routes.on(.scope(.read), .get, "/events/conversation/:conversation_id") { try await conversation($0) }
        routes.on(.scope(.read), .get, "/analytics/errors") { try await errors($0) }
        routes.on(.scope(.read), .get, "/analytics/latency") { try await latency($0) }
        routes.on(.scope(.read), .get, "/analytics/sessions/top-errors") { try await topErrors($0) }
    }

    private func event(_ request: HTTPRequest) async throws -> HTTPResponse {
        let id = try EventID(of: request)
        guard let json = try await read({ () async throws(EventStoreError) in try await services.reads.event(id) })
        else {
            throw HTTPError(.notFound, "event not found")
        }
        return Answer.data(json)
    }

    /// A conversation may be long. One that is not is answered as a whole; of a longer one nothing is kept: it is asked
    /// for again, and sent as it comes, while the client reads it.
    private func conversation(_ request: HTTPRequest) async throws -> HTTPResponse {
        let id = request.parameters.text("conversation_id")
        if let page = try await PageRoutes(services: services).conversation(id, request) { return page }
        let whole = try await read { () async throws(EventStoreError) in
            try await services.store.conversation(id, upTo: Answer.wholeLimit)
        }
        if let whole { return Answer.data(whole) }
        return .stream(services, .json, head: Answer.dataHead.description, tail: Answer.dataTail.description) {
            (body) async throws(EventStoreError) in try await services.store.conversation(id, body)
        }
    }

    private func errors(_ request: HTTPRequest) async throws -> HTTPResponse {
        let name = try request.query.requiredText("event_name")
        let days = try request.query.integer("days", in: Self.days) ?? 7
        return Answer.data(
            try await read { () async throws(EventStoreError) in
                try await services.store.errors(eventName: name, since: since(days: days))
            })
    }

    private func latency(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (limit, since) = try window(request)
        return Answer.data(
            try await read { () async throws(EventStoreError) in
                try await services.store.latency(limit: limit, since: since)
            })
    }

    private func topErrors(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (limit, since) = try window(request)
        return Answer.data(
            try await read { () async throws(EventStoreError) in
                try await services.store.topErrors(limit: limit, since: since)
            })
    }

    private static let days = 1...3650

    private func window(_ request: HTTPRequest) throws(HTTPError) -> (limit: Int, since: Timestamp?) {
        let limit = try request.query.integer("limit", in: 1...10_000) ?? 100
        let days = try request.query.integer("days", in: Self.days)
        return (limit, days.map { since(days: $0) })
    }

    private func since(days: Int) -> Timestamp {
        Timestamp(milliseconds: WallClock.milliseconds - Int64(days) * 86_400_000)
    }

    private func read<Value>(_ body: () async throws(EventStoreError) -> Value) async throws -> Value {
        try await services.read(body)
    }
}
