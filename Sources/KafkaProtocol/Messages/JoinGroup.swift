public import Bytes

/// Joins a group, and waits for the others.
public struct JoinGroupRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = JoinGroupResponse

    /// Kafka's `JoinGroupRequest`.
    public static let definition = MessageDefinition(.joinGroup, versions: 0...9, flexible: 6)

    /// The group.
    public var groupID: String = ""

    /// After how long without a heartbeat the member is taken for dead, in milliseconds.
    public var sessionTimeoutMs: Int32 = 0

    /// How long the members have to join again, in milliseconds; -1 where unset or unchanged.
    public var rebalanceTimeoutMs: Int32 = -1

    /// The member's id; empty on the first time.
    public var memberID: String = ""

    /// The member's fixed name, for a static member (KIP-345); nil for others.
    public var groupInstanceID: String?

    /// The kind of protocol: "consumer" for consumers.
    public var protocolType: String = ""

    /// The protocols that the member can do, the preferred one first.
    public var protocols: [GroupProtocol] = []

    /// Why the member does it.
    public var reason: String?

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&groupID)
        try f.field(&sessionTimeoutMs)
        try f.field(&rebalanceTimeoutMs, since: 1)
        try f.field(&memberID)
        try f.field(&groupInstanceID, since: 5)
        try f.field(&protocolType)
        try f.field(&protocols)
        try f.field(&reason, since: 8)
    }
}

extension JoinGroupRequest {
    /// A protocol that the member can do.
    public struct GroupProtocol: KafkaStructure {
        /// The protocol's name.
        public var name: String = ""

        /// What the member tells the group's leader.
        public var metadata: ByteSlice = .empty

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&metadata)
        }
    }
}

/// The answer to `JoinGroupRequest`.
public struct JoinGroupResponse: KafkaResponse {
    /// Kafka's `JoinGroupResponse`.
    public static let definition = MessageDefinition(.joinGroup, versions: 0...9, flexible: 6)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// The group's generation; -1 for none.
    public var generationID: Int32 = -1

    /// The kind of protocol: "consumer" for consumers.
    public var protocolType: String?

    /// The protocol that the members agreed on.
    public var protocolName: String? = ""

    /// The member that computes the assignment.
    public var leader: String = ""

    /// Whether the leader computes no assignment, since the old one stands (KIP-814).
    public var skipAssignment: Bool = false

    /// The member's id.
    public var memberID: String = ""

    /// The members.
    public var members: [Member] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs, since: 2)
        try f.field(&errorCode)
        try f.field(&generationID)
        try f.field(&protocolType, since: 7)
        try f.field(&protocolName, nullable: 7)
        try f.field(&leader)
        try f.field(&skipAssignment, since: 9)
        try f.field(&memberID)
        try f.field(&members)
    }
}

extension JoinGroupResponse {
    /// One member.
    public struct Member: KafkaStructure {
        /// The member's id.
        public var memberID: String = ""

        /// The member's fixed name, for a static member (KIP-345); nil for others.
        public var groupInstanceID: String?

        /// What the member tells the group's leader.
        public var metadata: ByteSlice = .empty

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&memberID)
            try f.field(&groupInstanceID, since: 5)
            try f.field(&metadata)
        }
    }
}
