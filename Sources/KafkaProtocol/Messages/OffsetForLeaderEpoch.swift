/// Tells where leader epochs end.
public struct OffsetForLeaderEpochRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = OffsetForLeaderEpochResponse

    /// Kafka's `OffsetForLeaderEpochRequest`.
    public static let definition = MessageDefinition(.offsetForLeaderEpoch, versions: 0...4, flexible: 4)

    /// The number of the following broker; -1 for a client.
    public var replicaID: Int32 = -2

    /// The topics.
    public var topics: [Topic] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&replicaID, since: 3)
        try f.field(&topics)
    }
}

extension OffsetForLeaderEpochRequest {
    /// One topic.
    public struct Topic: KafkaStructure {
        /// The topic's name.
        public var topic: String = ""

        /// The partitions.
        public var partitions: [Partition] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&topic)
            try f.field(&partitions)
        }
    }

    /// One partition.
    public struct Partition: KafkaStructure {
        /// The partition's number.
        public var partition: Int32 = 0

        /// The leader epoch that the client knows, to be fenced where it is old; -1 for none.
        public var currentLeaderEpoch: Int32 = -1

        /// The epoch whose end is asked for.
        public var leaderEpoch: Int32 = 0

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partition)
            try f.field(&currentLeaderEpoch, since: 2)
            try f.field(&leaderEpoch)
        }
    }
}

/// The answer to `OffsetForLeaderEpochRequest`.
public struct OffsetForLeaderEpochResponse: KafkaResponse {
    /// Kafka's `OffsetForLeaderEpochResponse`.
    public static let definition = MessageDefinition(.offsetForLeaderEpoch, versions: 0...4, flexible: 4)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The topics.
    public var topics: [TopicResult] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs, since: 2)
        try f.field(&topics)
    }
}

extension OffsetForLeaderEpochResponse {
    /// What became of one topic.
    public struct TopicResult: KafkaStructure {
        /// The topic's name.
        public var topic: String = ""

        /// The partitions.
        public var partitions: [EpochEndOffset] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&topic)
            try f.field(&partitions)
        }
    }

    /// Where a leader epoch ends.
    public struct EpochEndOffset: KafkaStructure {
        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// The partition's number.
        public var partition: Int32 = 0

        /// The leader's epoch; -1 where it is not known.
        public var leaderEpoch: Int32 = -1

        /// The offset behind the last record of the epoch; -1 where it is not known.
        public var endOffset: Int64 = -1

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&errorCode)
            try f.field(&partition)
            try f.field(&leaderEpoch, since: 1)
            try f.field(&endOffset)
        }
    }
}
