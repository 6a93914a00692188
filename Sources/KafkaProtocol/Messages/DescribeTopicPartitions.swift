/// Describes topics, page by page (KIP-966).
public struct DescribeTopicPartitionsRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = DescribeTopicPartitionsResponse

    /// Kafka's `DescribeTopicPartitionsRequest`.
    public static let definition = MessageDefinition(.describeTopicPartitions, versions: 0...0, flexible: 0)

    /// The topics.
    public var topics: [Topic] = []

    /// How many partitions the answer may have.
    public var responsePartitionLimit: Int32 = 2000

    /// Where to begin: what an earlier answer gave as its next cursor; nil for the beginning.
    public var cursor: Cursor?

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&topics)
        try f.field(&responsePartitionLimit)
        try f.field(&cursor)
    }
}

extension DescribeTopicPartitionsRequest {
    /// One topic.
    public struct Topic: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
        }
    }

    /// Where to begin.
    public struct Cursor: KafkaStructure {
        /// The topic's name.
        public var topicName: String = ""

        /// The partition's number.
        public var partitionIndex: Int32 = 0

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&topicName)
            try f.field(&partitionIndex)
        }
    }
}

/// The answer to `DescribeTopicPartitionsRequest`.
public struct DescribeTopicPartitionsResponse: KafkaResponse {
    /// Kafka's `DescribeTopicPartitionsResponse`.
    public static let definition = MessageDefinition(.describeTopicPartitions, versions: 0...0, flexible: 0)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The topics.
    public var topics: [Topic] = []

    /// Where to go on asking; nil where all was told.
    public var nextCursor: Cursor?

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs)
        try f.field(&topics)
        try f.field(&nextCursor)
    }
}

extension DescribeTopicPartitionsResponse {
    /// One topic.
    public struct Topic: KafkaStructure {
        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// The topic's name; nil where it is not known.
        public var name: String? = ""

        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// Whether the topic is Kafka's own.
        public var isInternal: Bool = false

        /// The partitions.
        public var partitions: [Partition] = []

        /// A bit for each operation on the topic that is allowed; the least number where that was not asked for.
        public var topicAuthorizedOperations: Int32 = .min

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&errorCode)
            try f.field(&name)
            try f.field(&topicID)
            try f.field(&isInternal)
            try f.field(&partitions)
            try f.field(&topicAuthorizedOperations)
        }
    }

    /// Where to begin.
    public struct Cursor: KafkaStructure {
        /// The topic's name.
        public var topicName: String = ""

        /// The partition's number.
        public var partitionIndex: Int32 = 0

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&topicName)
            try f.field(&partitionIndex)
        }
    }

    /// One partition.
    public struct Partition: KafkaStructure {
        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// The partition's number.
        public var partitionIndex: Int32 = 0

        /// The leader's broker number; -1 for none.
        public var leaderID: Int32 = 0

        /// The leader's epoch; -1 where it is not known.
        public var leaderEpoch: Int32 = -1

        /// The brokers that hold replicas, the preferred leader first.
        public var replicaNodes: [Int32] = []

        /// The brokers whose replicas are in sync.
        public var isrNodes: [Int32] = []

        /// The replicas that may be elected though they are out of sync (KIP-966).
        public var eligibleLeaderReplicas: [Int32]?

        /// The last eligible leader replicas that were known (KIP-966).
        public var lastKnownElr: [Int32]?

        /// The brokers whose replicas are down.
        public var offlineReplicas: [Int32] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&errorCode)
            try f.field(&partitionIndex)
            try f.field(&leaderID)
            try f.field(&leaderEpoch)
            try f.field(&replicaNodes)
            try f.field(&isrNodes)
            try f.field(&eligibleLeaderReplicas)
            try f.field(&lastKnownElr)
            try f.field(&offlineReplicas)
        }
    }
}
