public import Events

/// Where an event stands among others in time: its moment, then its id as text.
public struct EventPlace: Sendable, Hashable, Comparable {
    /// When it was created.
    public var createdAt: Timestamp
    /// Its id.
    public var id: EventID

    /// Makes a place.
    public init(createdAt: Timestamp, id: EventID) {
        self.createdAt = createdAt
        self.id = id
    }

    /// Whether the left one comes first, in time.
    public static func < (left: EventPlace, right: EventPlace) -> Bool {
        (left.createdAt.milliseconds, left.id.high, left.id.low)
            < (right.createdAt.milliseconds, right.id.high, right.id.low)
    }
}

/// Where a conversation stands among others, the one with the newest event first.
public struct ConversationPlace: Sendable, Hashable {
    /// The newest event of all when the first page was read: later ones move no conversation.
    public var asOf: Timestamp
    /// When the conversation's last event was created, among those up to `asOf`.
    public var lastEventAt: Timestamp
    /// The conversation.
    public var conversationID: String

    /// Makes a place.
    public init(asOf: Timestamp, lastEventAt: Timestamp, conversationID: String) {
        self.asOf = asOf
        self.lastEventAt = lastEventAt
        self.conversationID = conversationID
    }
}
