public import FoundationEssentials

/// A part of a list, and where the next one begins.
public struct Page<Element: Sendable>: Sendable {
    /// What is on it. There may be fewer than were asked for, even none, where another page follows all the same.
    public var elements: [Element]
    /// What the next page is asked for with; nil on the last one.
    public var nextCursor: String?
}

/// A conversation in figures.
public struct Conversation: Sendable, Hashable, Decodable, Identifiable {
    /// Its id.
    public var id: String
    /// When its first event happened.
    public var firstEventAt: Date
    /// When its last event happened.
    public var lastEventAt: Date
    /// How many events it has.
    public var eventCount: Int
    /// How many of them have an error.
    public var errorCount: Int
    /// How long all of them took together, in milliseconds.
    public var totalLatency: Double
    /// The `conversation_metadata` of its first event.
    public var metadata: String

    private enum CodingKeys: String, CodingKey {
        case metadata
        case id = "conversation_id"
        case firstEventAt = "first_event_at"
        case lastEventAt = "last_event_at"
        case eventCount = "event_count"
        case errorCount = "error_count"
        case totalLatency = "total_latency"
    }

    /// Reads the API's form.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decode(String.self, forKey: .id)
        firstEventAt = try fields.moment(.firstEventAt)
        lastEventAt = try fields.moment(.lastEventAt)
        eventCount = try fields.decode(Int.self, forKey: .eventCount)
        errorCount = try fields.decode(Int.self, forKey: .errorCount)
        totalLatency = try fields.decode(Double.self, forKey: .totalLatency)
        metadata = try fields.decode(String.self, forKey: .metadata)
    }
}

/// How many events have a name.
public struct EventNameCount: Sendable, Hashable, Decodable {
    /// The name.
    public var eventName: String
    /// How many events have it.
    public var count: Int

    private enum CodingKeys: String, CodingKey {
        case count
        case eventName = "event_name"
    }
}

/// The errors of a day.
public struct ErrorCount: Sendable, Hashable, Decodable {
    /// The day in UTC, such as `2026-01-09`.
    public var date: String
    /// The events' name.
    public var eventName: String
    /// How many have an error.
    public var errorCount: Int
    /// How many there are.
    public var totalCount: Int

    private enum CodingKeys: String, CodingKey {
        case date
        case eventName = "event_name"
        case errorCount = "error_count"
        case totalCount = "total_count"
    }
}

/// How long the events of a name take in a conversation.
public struct LatencyStatistics: Sendable, Hashable, Decodable {
    /// The conversation.
    public var conversationID: String
    /// The events' name.
    public var eventName: String
    /// The 95th percentile, in milliseconds.
    public var p95Latency: Double
    /// How many events there are.
    public var eventCount: Int

    private enum CodingKeys: String, CodingKey {
        case conversationID = "conversation_id"
        case eventName = "event_name"
        case p95Latency = "p95_latency"
        case eventCount = "event_count"
    }
}

/// The errors of a conversation.
public struct SessionErrors: Sendable, Hashable, Decodable {
    /// The conversation.
    public var conversationID: String
    /// How many events it has.
    public var totalEvents: Int
    /// How many of them have an error.
    public var errorEvents: Int
    /// The share of those, 0 to 1.
    public var errorRate: Double

    private enum CodingKeys: String, CodingKey {
        case conversationID = "conversation_id"
        case totalEvents = "total_events"
        case errorEvents = "error_events"
        case errorRate = "error_rate"
    }
}
