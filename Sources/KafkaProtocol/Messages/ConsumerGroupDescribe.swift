/// Describes groups of the new protocol (KIP-848).
public struct ConsumerGroupDescribeRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = ConsumerGroupDescribeResponse

    /// Kafka's `ConsumerGroupDescribeRequest`.
    public static let definition = MessageDefinition(.consumerGroupDescribe, versions: 0...1, flexible: 0)

    /// The groups.
    public var groupIDs: [String] = []

    /// Whether to say which operations are allowed.
    public var includeAuthorizedOperations: Bool = false

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&groupIDs)
        try f.field(&includeAuthorizedOperations)
    }
}

/// The answer to `ConsumerGroupDescribeRequest`.
public struct ConsumerGroupDescribeResponse: KafkaResponse {
    /// Kafka's `ConsumerGroupDescribeResponse`.
    public static let definition = MessageDefinition(.consumerGroupDescribe, versions: 0...1, flexible: 0)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The groups.
    public var groups: [DescribedGroup] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs)
        try f.field(&groups)
    }
}

extension ConsumerGroupDescribeResponse {
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

        /// The group's epoch.
        public var groupEpoch: Int32 = 0

        /// The epoch of the assignment.
        public var assignmentEpoch: Int32 = 0

        /// The assignor that was chosen.
        public var assignorName: String = ""

        /// The members.
        public var members: [Member] = []

        /// A bit for each operation that is allowed; the least number where that was not asked for.
        public var authorizedOperations: Int32 = .min

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&errorCode)
            try f.field(&errorMessage)
            try f.field(&groupID)
            try f.field(&groupState)
            try f.field(&groupEpoch)
            try f.field(&assignmentEpoch)
            try f.field(&assignorName)
            try f.field(&members)
            try f.field(&authorizedOperations)
        }
    }

    /// One member.
    public struct Member: KafkaStructure {
        /// The member's id.
        public var memberID: String = ""

        /// The member's fixed name, for a static member; nil for others.
        public var instanceID: String?

        /// The member's rack; nil where none is set.
        public var rackID: String?

        /// The member's epoch.
        public var memberEpoch: Int32 = 0

        /// What the client calls itself.
        public var clientID: String = ""

        /// The host that the member connects from.
        public var clientHost: String = ""

        /// The topics that the member wants.
        public var subscribedTopicNames: [String] = []

        /// The expression whose topics the member wants; nil for none.
        public var subscribedTopicRegex: String?

        /// What the member is to read.
        public var assignment = Assignment()

        /// What the member is to read in the end.
        public var targetAssignment = Assignment()

        /// The kind of member: -1 not known, 0 classic, 1 consumer.
        public var memberType: Int8 = -1

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&memberID)
            try f.field(&instanceID)
            try f.field(&rackID)
            try f.field(&memberEpoch)
            try f.field(&clientID)
            try f.field(&clientHost)
            try f.field(&subscribedTopicNames)
            try f.field(&subscribedTopicRegex)
            try f.field(&assignment)
            try f.field(&targetAssignment)
            try f.field(&memberType, since: 1)
        }
    }

    /// One assignment.
    public struct Assignment: KafkaStructure {
        /// The partitions, topic by topic.
        public var topicPartitions: [TopicPartitions] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&topicPartitions)
        }
    }

    /// Partitions of one topic.
    public struct TopicPartitions: KafkaStructure {
        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// The topic's name.
        public var topicName: String = ""

        /// The partitions.
        public var partitions: [Int32] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&topicID)
            try f.field(&topicName)
            try f.field(&partitions)
        }
    }
}
