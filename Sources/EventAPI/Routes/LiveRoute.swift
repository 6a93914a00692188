import Bytes
import HTTP
import Transport

/// `GET /events/live`: creates as they are accepted, as server-sent events (the HTML standard, section 9.2).
struct LiveRoute {
    let services: LoopServices

    /// After so long without an event a comment shows that the connection stands.
    private static let silence = Duration.seconds(15)

    func register(on routes: APIRoutes) {
        routes.on(.scope(.read), .get, "/events/live") { try await live($0) }
    }

    private func live(_ request: HTTPRequest) async throws -> HTTPResponse {
        let filter = try Self.filter(request.query)
        let headers = [HTTPHeader("cache-control", "no-store"), HTTPHeader("x-accel-buffering", "no")]
        let type = HTTPContentType("text/event-stream")
        if request.method == .head {
            return HTTPResponse(.ok, contentType: type, headers: headers, body: .stream(length: nil) { _ in })
        }
        let reader = LiveReader(filter, on: services.loop)
        let feed = services.live
        try await feed.join(reader)
        return HTTPResponse(
            .ok, contentType: type, headers: headers,
            body: .stream(length: nil) { writer in
                defer { feed.leave(reader) }
                try await writer.write(ByteSlice(utf8: ": connected\n\n"))
                try await writer.flush()
                while let events = try await reader.next(within: Self.silence) {
                    if events.isEmpty { try await writer.write(ByteSlice(utf8: ": nothing new\n\n")) }
                    for event in events { try await writer.write(event) }
                    try await writer.flush()
                }
            })
    }

    private static func filter(_ query: HTTPQuery) throws(HTTPError) -> LiveFilter {
        var filter = LiveFilter()
        for (name, value) in try query.pairs({ $0 == "event_name" }) {
            guard !value.isEmpty else { throw HTTPError(.badRequest, "\(name) must not be empty") }
            filter.names.insert(ByteSlice(utf8: value))
        }
        filter.conversationID = try query.text("conversation_id").map { ByteSlice(utf8: $0) }
        if let text = try query.text("error") {
            guard text == "true" || text == "false" else {
                throw HTTPError(.badRequest, "error must be true or false, not '\(String(text.prefix(32)))'")
            }
            filter.hasError = text == "true"
        }
        return filter
    }
}
