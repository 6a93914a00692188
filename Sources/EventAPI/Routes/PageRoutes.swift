import Bytes
import EventStore
import HTTP

/// The routes that list: pages of events and conversations, names, and everything as a file.
struct PageRoutes {
    let services: LoopServices

    func register(on routes: APIRoutes) {
        routes.on(.scope(.read), .get, "/events") { try await events($0) }
        routes.on(.scope(.read), .get, "/conversations") { try await conversations($0) }
        routes.on(.scope(.read), .get, "/event-names") { _ in
            Answer.data(
                try await services.read { () async throws(EventStoreError) in try await services.store.eventNames() })
        }
        routes.on(.scope(.read), .get, "/export") { try await export($0) }
    }

    /// A page of a conversation; nil where none is asked for.
    func conversation(_ id: String, _ request: HTTPRequest) async throws -> HTTPResponse? {
        let limit = try request.query.integer("limit", in: 1...10_000)
        let cursor = try request.query.text("cursor")
        if limit == nil, cursor == nil { return nil }
        var filter = EventFilter()
        filter.conversationID = id
        return try await page(filter, newestFirst: false, limit: limit ?? 10_000, cursor: cursor, route: "conversation")
    }

    private func events(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await page(
            EventFilter(request.query), newestFirst: true,
            limit: try request.query.integer("limit", in: 1...1000) ?? 100,
            cursor: try request.query.text("cursor"), route: "events")
    }

    private func page(
        _ filter: EventFilter, newestFirst: Bool, limit: Int, cursor: String?, route: String
    ) async throws -> HTTPResponse {
        let owner = Self.owner(route, filter)
        var place: EventPlace?
        if let cursor {
            place = PageCursor.eventPlace(cursor, owner: owner)
            if place == nil { throw Self.wrongCursor }
        }
        let request = EventPageRequest(filter, newestFirst: newestFirst, after: place, limit: limit)
        let (page, whole) = try await services.read { () async throws(EventStoreError) in
            let page = try await services.store.page(request)
            return (page, try await services.store.events(of: page, upTo: Answer.wholeLimit))
        }
        let next = page.next.map { PageCursor.text(of: $0, owner: owner) }
        if let whole { return Answer.page(whole, next: next) }
        return .stream(services, .json, head: Answer.dataHead.description, tail: Answer.pageTail(next)) {
            (body) async throws(EventStoreError) in try await services.store.events(of: page, body)
        }
    }

    private func conversations(_ request: HTTPRequest) async throws -> HTTPResponse {
        let filter = try EventFilter(request.query)
        let limit = try request.query.integer("limit", in: 1...1000) ?? 100
        let owner = Self.owner("conversations", filter)
        var place: ConversationPlace?
        if let cursor = try request.query.text("cursor") {
            place = PageCursor.conversationPlace(cursor, owner: owner)
            if place == nil { throw Self.wrongCursor }
        }
        let page = ConversationPageRequest(filter, after: place, limit: limit)
        let (json, next) = try await services.read { () async throws(EventStoreError) in
            try await services.store.conversations(page)
        }
        return Answer.page(json, next: next.map { PageCursor.text(of: $0, owner: owner) })
    }

    private func export(_ request: HTTPRequest) async throws -> HTTPResponse {
        let filter = try EventFilter(request.query)
        let name = try request.query.text("format") ?? "ndjson"
        guard let format = ExportFormat(rawValue: name) else {
            throw HTTPError(.badRequest, "format must be ndjson or csv, not '\(String(name.prefix(32)))'")
        }
        let export = try await services.read { () async throws(EventStoreError) in
            try await services.store.export(filter, as: format)
        }
        let file = HTTPHeader("content-disposition", "attachment; filename=\"events.\(format.rawValue)\"")
        // A question for the headers alone reads no events.
        if request.method == .head {
            return HTTPResponse(
                .ok, contentType: format.contentType, headers: [file], body: .stream(length: nil) { _ in })
        }
        return .stream(services, format.contentType, headers: [file]) { (body) async throws(EventStoreError) in
            try await services.store.export(export, body)
        }
    }

    /// What a cursor is good for: the same route with the same filters.
    private static func owner(_ route: String, _ filter: EventFilter) -> ByteSlice {
        var writer = ByteWriter()
        writer.write(route)
        writer.writeByte(0)
        writer.write(filter.fingerprint)
        return writer.finish()
    }

    private static var wrongCursor: HTTPError {
        HTTPError(.badRequest, "cursor is damaged, or belongs to another list: take next_cursor as it was given")
    }
}

extension ExportFormat {
    var contentType: HTTPContentType {
        switch self {
        case .ndjson: HTTPContentType("application/x-ndjson")
        case .csv: HTTPContentType("text/csv; charset=utf-8; header=present")
        }
    }
}
