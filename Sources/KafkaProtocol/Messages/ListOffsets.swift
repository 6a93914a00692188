/// Finds the offset of a time, the beginning or the end of partitions.
public struct ListOffsetsRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = ListOffsetsResponse

    /// Kafka's `ListOffsetsRequest`.
    public static let definition = MessageDefinition(.listOffsets, versions: 0...11, flexible: 6)

    /// The number of the following broker; -1 for a client.
    public var replicaID: Int32 = 0

    /// Which records to show: 0 all, 1 those of committed transactions alone.
    public var isolationLevel: Int8 = 0

    /// The topics.
    public var topics: [Topic] = []

    /// How long the broker may take, in milliseconds.
    public var timeoutMs: Int32 = 0

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&replicaID)
        try f.field(&isolationLevel, since: 2)
        try f.field(&topics)
        try f.field(&timeoutMs, since: 10)
    }
}

extension ListOffsetsRequest {
    /// One topic.
    public struct Topic: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The partitions.
        public var partitions: [Partition] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&partitions)
        }
    }

    /// One partition.
    public struct Partition: KafkaStructure {
        /// The partition's number.
        public var partitionIndex: Int32 = 0

        /// The leader epoch that the client knows, to be fenced where it is old; -1 for none.
        public var currentLeaderEpoch: Int32 = -1

        /// The time whose offset is asked for, in milliseconds since 1970; -1 the end, -2 the beginning, -3 the latest
        /// time, -4 and -5 the tiers' borders (KIP-405).
        public var timestamp: Int64 = 0

        /// How many offsets the answer may have.
        public var maxNumOffsets: Int32 = 1

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partitionIndex)
            try f.field(&currentLeaderEpoch, since: 4)
            try f.field(&timestamp)
            try f.field(&maxNumOffsets, through: 0)
        }
    }
}

/// The answer to `ListOffsetsRequest`.
public struct ListOffsetsResponse: KafkaResponse {
    /// Kafka's `ListOffsetsResponse`.
    public static let definition = MessageDefinition(.listOffsets, versions: 0...11, flexible: 6)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The topics.
    public var topics: [Topic] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs, since: 2)
        try f.field(&topics)
    }
}

extension ListOffsetsResponse {
    /// One topic.
    public struct Topic: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The partitions.
        public var partitions: [Partition] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&partitions)
        }
    }

    /// One partition.
    public struct Partition: KafkaStructure {
        /// The partition's number.
        public var partitionIndex: Int32 = 0

        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// The offsets, the latest first.
        public var oldStyleOffsets: [Int64] = []

        /// The timestamp of the record found; -1 where the offset is not a record's.
        public var timestamp: Int64 = -1

        /// The offset.
        public var offset: Int64 = -1

        /// The leader's epoch; -1 where it is not known.
        public var leaderEpoch: Int32 = -1

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partitionIndex)
            try f.field(&errorCode)
            try f.field(&oldStyleOffsets, through: 0)
            try f.field(&timestamp, since: 1)
            try f.field(&offset, since: 1)
            try f.field(&leaderEpoch, since: 4)
        }
    }
}
