/// Joins, keeps up and leaves a group of the new protocol (KIP-848).
public struct ConsumerGroupHeartbeatRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = ConsumerGroupHeartbeatResponse

    /// Kafka's `ConsumerGroupHeartbeatRequest`.
    public static let definition = MessageDefinition(.consumerGroupHeartbeat, versions: 0...1, flexible: 0)

    /// The group.
    public var groupID: String = ""

    /// The member's id.
    public var memberID: String = ""

    /// The member's epoch; in a request 0 to join, -1 to leave, -2 to leave as a static member that comes back.
    public var memberEpoch: Int32 = 0

    /// The member's fixed name, for a static member; nil for others.
    public var instanceID: String?

    /// The member's rack; nil where none is set.
    public var rackID: String?

    /// How long the members have to join again, in milliseconds; -1 where unset or unchanged.
    public var rebalanceTimeoutMs: Int32 = -1

    /// The topics that the member wants; nil where unchanged.
    public var subscribedTopicNames: [String]?

    /// The expression (RE2) whose topics the member wants; nil where unset or unchanged.
    public var subscribedTopicRegex: String?

    /// The broker's assignor to use; nil where unset or unchanged.
    public var serverAssignor: String?

    /// The partitions that the member has; nil where unchanged.
    public var topicPartitions: [TopicPartitions]?

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&groupID)
        try f.field(&memberID)
        try f.field(&memberEpoch)
        try f.field(&instanceID)
        try f.field(&rackID)
        try f.field(&rebalanceTimeoutMs)
        try f.field(&subscribedTopicNames)
        try f.field(&subscribedTopicRegex, since: 1)
        try f.field(&serverAssignor)
        try f.field(&topicPartitions)
    }
}

extension ConsumerGroupHeartbeatRequest {
    /// Partitions of one topic.
    public struct TopicPartitions: KafkaStructure {
        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// The partitions.
        public var partitions: [Int32] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&topicID)
            try f.field(&partitions)
        }
    }
}

/// The answer to `ConsumerGroupHeartbeatRequest`.
public struct ConsumerGroupHeartbeatResponse: KafkaResponse {
    /// Kafka's `ConsumerGroupHeartbeatResponse`.
    public static let definition = MessageDefinition(.consumerGroupHeartbeat, versions: 0...1, flexible: 0)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// What the broker says about the error, if anything.
    public var errorMessage: String?

    /// The member's id, as the broker knows it.
    public var memberID: String?

    /// The member's epoch.
    public var memberEpoch: Int32 = 0

    /// How long to wait until the next heartbeat, in milliseconds.
    public var heartbeatIntervalMs: Int32 = 0

    /// What the member is to read; nil where unchanged.
    public var assignment: Assignment?

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs)
        try f.field(&errorCode)
        try f.field(&errorMessage)
        try f.field(&memberID)
        try f.field(&memberEpoch)
        try f.field(&heartbeatIntervalMs)
        try f.field(&assignment)
    }
}

extension ConsumerGroupHeartbeatResponse {
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

        /// The partitions.
        public var partitions: [Int32] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&topicID)
            try f.field(&partitions)
        }
    }
}
