/// Lists the groups.
public struct ListGroupsRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = ListGroupsResponse

    /// Kafka's `ListGroupsRequest`.
    public static let definition = MessageDefinition(.listGroups, versions: 0...5, flexible: 3)

    /// The states of the groups that are asked for; empty for any.
    public var statesFilter: [String] = []

    /// The kinds of groups that are asked for; empty for any.
    public var typesFilter: [String] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&statesFilter, since: 4)
        try f.field(&typesFilter, since: 5)
    }
}

/// The answer to `ListGroupsRequest`.
public struct ListGroupsResponse: KafkaResponse {
    /// Kafka's `ListGroupsResponse`.
    public static let definition = MessageDefinition(.listGroups, versions: 0...5, flexible: 3)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// The groups.
    public var groups: [ListedGroup] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs, since: 1)
        try f.field(&errorCode)
        try f.field(&groups)
    }
}

extension ListGroupsResponse {
    /// One group.
    public struct ListedGroup: KafkaStructure {
        /// The group.
        public var groupID: String = ""

        /// The kind of protocol: "consumer" for consumers.
        public var protocolType: String = ""

        /// The state of the group.
        public var groupState: String = ""

        /// The kind of group.
        public var groupType: String = ""

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&groupID)
            try f.field(&protocolType)
            try f.field(&groupState, since: 4)
            try f.field(&groupType, since: 5)
        }
    }
}
