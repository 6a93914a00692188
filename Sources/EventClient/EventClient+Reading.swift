import Events
public import FoundationEssentials
import HTTP
import Transport

extension EventClient {
    // MARK: Events

    /// An event; nil where there is none: never created, deleted, or so new that it cannot be read yet.
    ///
    /// - Throws: `EventClientError`.
    @concurrent
    public func event(_ id: UUID) async throws(EventClientError) -> Event? {
        let call = Call(.get, "/event/\(EventID(id))", statuses: [200, 404])
        return try await perform(call) { answer throws(EventClientError) in
            if answer.status == 404 {
                // Something else that answers 404 is not to pass for "there is no such event".
                let error = answer.failure.error
                guard error.message == "event not found" else { throw error }
                return nil
            }
            let event = try answer.decode(DataDocument<Event>.self).data
            guard event.id == id else { throw answer.damaged("it is about another event") }
            return event
        }
    }

    /// All events of a conversation, oldest first. They are read in pages; `eventSequence(inConversation:)` does not hold
    /// them all.
    ///
    /// - Throws: `EventClientError`.
    @concurrent
    public func events(inConversation id: String) async throws(EventClientError) -> [Event] {
        var events: [Event] = []
        for try await event in eventSequence(inConversation: id) { events.append(event) }
        return events
    }

    /// Some events of a conversation, oldest first.
    ///
    /// - Parameters:
    ///   - limit: How many at most, 1 to 10,000.
    ///   - cursor: The `nextCursor` of the page before.
    /// - Throws: `EventClientError`.
    @concurrent
    public func events(
        inConversation id: String, limit: Int, cursor: String? = nil
    ) async throws(EventClientError) -> Page<Event> {
        try EventWriting.checkConversation(id)
        var target = Target("/events/conversation", segment: id)
        target.add("limit", try Self.number("limit", limit, 10_000))
        return try await page(target, cursor)
    }

    /// The events of a conversation, oldest first, read as they are asked for.
    public func eventSequence(inConversation id: String, pageSize: Int = 1_000) -> PagedSequence<Event> {
        PagedSequence { cursor async throws(EventClientError) in
            try await self.events(inConversation: id, limit: pageSize, cursor: cursor)
        }
    }

    /// Some of the events that the filter picks, newest first.
    ///
    /// - Parameters:
    ///   - limit: How many at most, 1 to 1,000.
    ///   - cursor: The `nextCursor` of the page before, of the same filter.
    /// - Throws: `EventClientError`.
    @concurrent
    public func events(
        matching filter: EventFilter = EventFilter(), limit: Int = 100, cursor: String? = nil
    ) async throws(EventClientError) -> Page<Event> {
        try await list("/events", filter, limit, cursor)
    }

    /// The events that the filter picks, newest first, read as they are asked for. What was there all along comes once,
    /// whatever is written meanwhile.
    public func eventSequence(
        matching filter: EventFilter = EventFilter(), pageSize: Int = 1_000
    ) -> PagedSequence<Event> {
        PagedSequence { cursor async throws(EventClientError) in
            try await self.events(matching: filter, limit: pageSize, cursor: cursor)
        }
    }

    // MARK: Conversations and names

    /// Some of the conversations that have an event which the filter picks, by last event, newest first.
    ///
    /// - Parameters:
    ///   - limit: How many at most, 1 to 1,000.
    ///   - cursor: The `nextCursor` of the page before, of the same filter.
    /// - Throws: `EventClientError`.
    @concurrent
    public func conversations(
        matching filter: EventFilter = EventFilter(), limit: Int = 100, cursor: String? = nil
    ) async throws(EventClientError) -> Page<Conversation> {
        try await list("/conversations", filter, limit, cursor)
    }

    /// The conversations that have an event which the filter picks, by last event, newest first, read as they are asked for.
    public func conversationSequence(
        matching filter: EventFilter = EventFilter(), pageSize: Int = 1_000
    ) -> PagedSequence<Conversation> {
        PagedSequence { cursor async throws(EventClientError) in
            try await self.conversations(matching: filter, limit: pageSize, cursor: cursor)
        }
    }

    /// The names that events have, by how many have them.
    ///
    /// - Throws: `EventClientError`.
    @concurrent
    public func eventNames() async throws(EventClientError) -> [EventNameCount] {
        try await rows(Target("/event-names"))
    }

    // MARK: Analytics

    /// Errors and events a day, of one name, oldest day first.
    ///
    /// - Parameters:
    ///   - name: The events' name.
    ///   - days: The last so many times 24 hours, 1 to 3,650.
    /// - Throws: `EventClientError`.
    @concurrent
    public func errorCounts(eventName name: String, days: Int = 7) async throws(EventClientError) -> [ErrorCount] {
        try EventWriting.checkName(name)
        var target = Target("/analytics/errors")
        target.add("event_name", name)
        target.add("days", try Self.number("days", days, 3_650))
        return try await rows(target)
    }

    /// The slowest names of conversations, by the 95th percentile of their latency.
    ///
    /// - Parameters:
    ///   - limit: How many at most, 1 to 10,000.
    ///   - days: The last so many times 24 hours, 1 to 3,650; nil for all time.
    /// - Throws: `EventClientError`.
    @concurrent
    public func latencyStats(limit: Int = 100, days: Int? = nil) async throws(EventClientError) -> [LatencyStatistics] {
        try await ranking("/analytics/latency", limit, days)
    }

    /// The conversations with the highest share of errors.
    ///
    /// - Parameters:
    ///   - limit: How many at most, 1 to 10,000.
    ///   - days: The last so many times 24 hours, 1 to 3,650; nil for all time.
    /// - Throws: `EventClientError`.
    @concurrent
    public func topErrorSessions(limit: Int = 100, days: Int? = nil) async throws(EventClientError) -> [SessionErrors] {
        try await ranking("/analytics/sessions/top-errors", limit, days)
    }

    // MARK: How the API is

    /// Whether the API's process lives: one attempt, and no error whatever comes of it.
    @concurrent
    public func isHealthy() async -> Bool {
        do throws(EventClientError) {
            // A wait past the limit is no wait: there is one attempt.
            try await perform(
                Call(.get, "/health"), within: configuration.attemptTimeout,
                backoff: Backoff(first: .seconds(3_600), limit: .seconds(3_600), jitter: .proportional(0))
            ) { answer throws(EventClientError) in _ = try answer.decode(SuccessDocument.self) }
            return true
        } catch {
            return false
        }
    }

    /// Waits until the API says that Kafka, ClickHouse and its schema are as they should be.
    ///
    /// - Throws: `EventClientError` `.unavailable` where they are not in time, with what is wrong.
    @concurrent
    public func waitUntilReady(within limit: Duration = .seconds(60)) async throws(EventClientError) {
        let backoff = Backoff(first: .milliseconds(100), limit: .milliseconds(500), jitter: .proportional(0.2))
        try await perform(Call(.get, "/ready"), within: limit, backoff: backoff) { answer throws(EventClientError) in
            _ = try answer.decode(SuccessDocument.self)
        }
    }

    // MARK: Steps

    private struct DataDocument<Value: Decodable>: Decodable { var data: Value }

    private struct SuccessDocument: Decodable { var success: Bool }

    private struct PageDocument<Element: Decodable>: Decodable {
        var data: [Element]
        var cursor: String?

        enum CodingKeys: String, CodingKey {
            case data
            case cursor = "next_cursor"
        }
    }

    private static func number(_ name: String, _ value: Int, _ most: Int) throws(EventClientError) -> String {
        guard (1...most).contains(value) else { throw .wrong(name, "must be from 1 to \(most)") }
        return "\(value)"
    }

    private func rows<Row: Decodable & Sendable>(_ target: Target) async throws(EventClientError) -> [Row] {
        try await perform(Call(.get, target.text)) { answer throws(EventClientError) in
            try answer.decode(DataDocument<[Row]>.self).data
        }
    }

    private func ranking<Row: Decodable & Sendable>(
        _ path: String, _ limit: Int, _ days: Int?
    ) async throws(EventClientError) -> [Row] {
        var target = Target(path)
        target.add("limit", try Self.number("limit", limit, 10_000))
        if let days { target.add("days", try Self.number("days", days, 3_650)) }
        return try await rows(target)
    }

    private func list<Element: Decodable & Sendable>(
        _ path: String, _ filter: EventFilter, _ limit: Int, _ cursor: String?
    ) async throws(EventClientError) -> Page<Element> {
        var target = Target(path)
        try filter.write(to: &target)
        target.add("limit", try Self.number("limit", limit, 1_000))
        return try await page(target, cursor)
    }

    private func page<Element: Decodable & Sendable>(
        _ target: Target, _ cursor: String?
    ) async throws(EventClientError) -> Page<Element> {
        var target = target
        target.add("cursor", cursor)
        return try await perform(Call(.get, target.text)) { answer throws(EventClientError) in
            let document = try answer.decode(PageDocument<Element>.self)
            return Page(elements: document.data, nextCursor: document.cursor)
        }
    }
}
