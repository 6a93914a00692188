/// Leaves a group.
public struct LeaveGroupRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = LeaveGroupResponse

    /// Kafka's `LeaveGroupRequest`.
    public static let definition = MessageDefinition(.leaveGroup, versions: 0...5, flexible: 4)

    /// The group.
    public var groupID: String = ""

    /// The member's id.
    public var memberID: String = ""

    /// The members.
    public var members: [MemberIdentity] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&groupID)
        try f.field(&memberID, through: 2)
        try f.field(&members, since: 3)
    }
}

extension LeaveGroupRequest {
    /// A member that leaves.
    public struct MemberIdentity: KafkaStructure {
        /// The member's id.
        public var memberID: String = ""

        /// The member's fixed name, for a static member (KIP-345); nil for others.
        public var groupInstanceID: String?

        /// Why the member does it.
        public var reason: String?

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&memberID)
            try f.field(&groupInstanceID)
            try f.field(&reason, since: 5)
        }
    }
}

/// The answer to `LeaveGroupRequest`.
public struct LeaveGroupResponse: KafkaResponse {
    /// Kafka's `LeaveGroupResponse`.
    public static let definition = MessageDefinition(.leaveGroup, versions: 0...5, flexible: 4)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// The members.
    public var members: [Member] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs, since: 1)
        try f.field(&errorCode)
        try f.field(&members, since: 3)
    }
}

extension LeaveGroupResponse {
    /// One member.
    public struct Member: KafkaStructure {
        /// The member's id.
        public var memberID: String = ""

        /// The member's fixed name, for a static member (KIP-345); nil for others.
        public var groupInstanceID: String? = ""

        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&memberID)
            try f.field(&groupInstanceID)
            try f.field(&errorCode)
        }
    }
}
