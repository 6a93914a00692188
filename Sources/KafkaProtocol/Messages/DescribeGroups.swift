public import Bytes

/// Describes groups of the classic protocol.
public struct DescribeGroupsRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = DescribeGroupsResponse

    /// Kafka's `DescribeGroupsRequest`.
    public static let definition = MessageDefinition(.describeGroups, versions: 0...6, flexible: 5)

    /// The groups.
    public var groups: [String] = []

    /// Whether to say which operations are allowed.
    public var includeAuthorizedOperations: Bool = false

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&groups)
        try f.field(&includeAuthorizedOperations, since: 3)
    }
}

/// The answer to `DescribeGroupsRequest`.
public struct DescribeGroupsResponse: KafkaResponse {
    /// Kafka's `DescribeGroupsResponse`.
    public static let definition = MessageDefinition(.describeGroups, versions: 0...6, flexible: 5)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The groups.
    public var groups: [DescribedGroup] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs, since: 1)
        try f.field(&groups)
    }
}

extension DescribeGroupsResponse {
    /// One group.
    public struct DescribedGroup: KafkaStructure {
        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// What the broker says about the error, if anything.
        public var errorMessage: String?

        /// The group.
        public var groupID: String = ""

        /// The state of the group.
        public var groupState: String = ""

        /// The kind of protocol: "consumer" for consumers.
        public var protocolType: String = ""

        /// The name of the chosen protocol.
        public var protocolData: String = ""

        /// The members.
        public var members: [DescribedGroupMember] = []

        /// A bit for each operation that is allowed; the least number where that was not asked for.
        public var authorizedOperations: Int32 = .min

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&errorCode)
            try f.field(&errorMessage, since: 6)
            try f.field(&groupID)
            try f.field(&groupState)
            try f.field(&protocolType)
            try f.field(&protocolData)
            try f.field(&members)
            try f.field(&authorizedOperations, since: 3)
        }
    }

    /// One member.
    public struct DescribedGroupMember: KafkaStructure {
        /// The member's id.
        public var memberID: String = ""

        /// The member's fixed name, for a static member (KIP-345); nil for others.
        public var groupInstanceID: String?

        /// What the client calls itself.
        public var clientID: String = ""

        /// The host that the member connects from.
        public var clientHost: String = ""

        /// What the member told the leader in the chosen protocol.
        public var memberMetadata: ByteSlice = .empty

        /// What the group's leader assigned to the member.
        public var memberAssignment: ByteSlice = .empty

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&memberID)
            try f.field(&groupInstanceID, since: 4)
            try f.field(&clientID)
            try f.field(&clientHost)
            try f.field(&memberMetadata)
            try f.field(&memberAssignment)
        }
    }
}
