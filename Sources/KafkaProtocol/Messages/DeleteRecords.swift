/// Deletes records before an offset.
public struct DeleteRecordsRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = DeleteRecordsResponse

    /// Kafka's `DeleteRecordsRequest`.
    public static let definition = MessageDefinition(.deleteRecords, versions: 0...2, flexible: 2)

    /// The topics.
    public var topics: [Topic] = []

    /// How long the broker may take, in milliseconds.
    public var timeoutMs: Int32 = 0

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&topics)
        try f.field(&timeoutMs)
    }
}

extension DeleteRecordsRequest {
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

        /// The offset before which to delete; -1 for the high watermark.
        public var offset: Int64 = 0

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partitionIndex)
            try f.field(&offset)
        }
    }
}

/// The answer to `DeleteRecordsRequest`.
public struct DeleteRecordsResponse: KafkaResponse {
    /// Kafka's `DeleteRecordsResponse`.
    public static let definition = MessageDefinition(.deleteRecords, versions: 0...2, flexible: 2)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The topics.
    public var topics: [TopicResult] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs)
        try f.field(&topics)
    }
}

extension DeleteRecordsResponse {
    /// What became of one topic.
    public struct TopicResult: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The partitions.
        public var partitions: [PartitionResult] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&partitions)
        }
    }

    /// What became of one partition.
    public struct PartitionResult: KafkaStructure {
        /// The partition's number.
        public var partitionIndex: Int32 = 0

        /// The offset of the first record that is still there.
        public var lowWatermark: Int64 = 0

        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partitionIndex)
            try f.field(&lowWatermark)
            try f.field(&errorCode)
        }
    }
}
