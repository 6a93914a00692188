/// Deletes groups.
public struct DeleteGroupsRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = DeleteGroupsResponse

    /// Kafka's `DeleteGroupsRequest`.
    public static let definition = MessageDefinition(.deleteGroups, versions: 0...2, flexible: 2)

    /// The groups to delete.
    public var groupsNames: [String] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&groupsNames)
    }
}

/// The answer to `DeleteGroupsRequest`.
public struct DeleteGroupsResponse: KafkaResponse {
    /// Kafka's `DeleteGroupsResponse`.
    public static let definition = MessageDefinition(.deleteGroups, versions: 0...2, flexible: 2)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The results.
    public var results: [DeletableGroupResult] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs)
        try f.field(&results)
    }
}

extension DeleteGroupsResponse {
    /// What became of one group.
    public struct DeletableGroupResult: KafkaStructure {
        /// The group.
        public var groupID: String = ""

        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&groupID)
            try f.field(&errorCode)
        }
    }
}
