/// Shows that a member lives.
public struct HeartbeatRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = HeartbeatResponse

    /// Kafka's `HeartbeatRequest`.
    public static let definition = MessageDefinition(.heartbeat, versions: 0...4, flexible: 4)

    /// The group.
    public var groupID: String = ""

    /// The group's generation; -1 for none.
    public var generationID: Int32 = 0

    /// The member's id.
    public var memberID: String = ""

    /// The member's fixed name, for a static member (KIP-345); nil for others.
    public var groupInstanceID: String?

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&groupID)
        try f.field(&generationID)
        try f.field(&memberID)
        try f.field(&groupInstanceID, since: 3)
    }
}

/// The answer to `HeartbeatRequest`.
public struct HeartbeatResponse: KafkaResponse {
    /// Kafka's `HeartbeatResponse`.
    public static let definition = MessageDefinition(.heartbeat, versions: 0...4, flexible: 4)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs, since: 1)
        try f.field(&errorCode)
    }
}
