public import Bytes

/// Hands the leader's assignment out to the members.
public struct SyncGroupRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = SyncGroupResponse

    /// Kafka's `SyncGroupRequest`.
    public static let definition = MessageDefinition(.syncGroup, versions: 0...5, flexible: 4)

    /// The group.
    public var groupID: String = ""

    /// The group's generation; -1 for none.
    public var generationID: Int32 = 0

    /// The member's id.
    public var memberID: String = ""

    /// The member's fixed name, for a static member (KIP-345); nil for others.
    public var groupInstanceID: String?

    /// The kind of protocol: "consumer" for consumers.
    public var protocolType: String?

    /// The protocol that the members agreed on.
    public var protocolName: String?

    /// Which brokers are to hold each partition, partition by partition.
    public var assignments: [Assignment] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&groupID)
        try f.field(&generationID)
        try f.field(&memberID)
        try f.field(&groupInstanceID, since: 3)
        try f.field(&protocolType, since: 5)
        try f.field(&protocolName, since: 5)
        try f.field(&assignments)
    }
}

extension SyncGroupRequest {
    /// One assignment.
    public struct Assignment: KafkaStructure {
        /// The member's id.
        public var memberID: String = ""

        /// What the member is to read.
        public var assignment: ByteSlice = .empty

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&memberID)
            try f.field(&assignment)
        }
    }
}

/// The answer to `SyncGroupRequest`.
public struct SyncGroupResponse: KafkaResponse {
    /// Kafka's `SyncGroupResponse`.
    public static let definition = MessageDefinition(.syncGroup, versions: 0...5, flexible: 4)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// The kind of protocol: "consumer" for consumers.
    public var protocolType: String?

    /// The protocol that the members agreed on.
    public var protocolName: String?

    /// What the member is to read.
    public var assignment: ByteSlice = .empty

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs, since: 1)
        try f.field(&errorCode)
        try f.field(&protocolType, since: 5)
        try f.field(&protocolName, since: 5)
        try f.field(&assignment)
    }
}
