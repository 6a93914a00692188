/// Tells which producers a partition remembers.
public struct DescribeProducersRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = DescribeProducersResponse

    /// Kafka's `DescribeProducersRequest`.
    public static let definition = MessageDefinition(.describeProducers, versions: 0...0, flexible: 0)

    /// The topics.
    public var topics: [Topic] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&topics)
    }
}

extension DescribeProducersRequest {
    /// One topic.
    public struct Topic: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The partitions' numbers.
        public var partitionIndexes: [Int32] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&partitionIndexes)
        }
    }
}

/// The answer to `DescribeProducersRequest`.
public struct DescribeProducersResponse: KafkaResponse {
    /// Kafka's `DescribeProducersResponse`.
    public static let definition = MessageDefinition(.describeProducers, versions: 0...0, flexible: 0)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The topics.
    public var topics: [Topic] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs)
        try f.field(&topics)
    }
}

extension DescribeProducersResponse {
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

        /// What the broker says about the error, if anything.
        public var errorMessage: String?

        /// The producers that the partition remembers.
        public var activeProducers: [ProducerState] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partitionIndex)
            try f.field(&errorCode)
            try f.field(&errorMessage)
            try f.field(&activeProducers)
        }
    }

    /// What the partition remembers of a producer.
    public struct ProducerState: KafkaStructure {
        /// The producer's id; -1 for none.
        public var producerID: Int64 = 0

        /// The producer's epoch; -1 for none.
        public var producerEpoch: Int32 = 0

        /// The sequence number of the producer's last record; -1 for none.
        public var lastSequence: Int32 = -1

        /// The timestamp of the producer's last record; -1 for none.
        public var lastTimestamp: Int64 = -1

        /// The epoch of the transaction's coordinator; -1 where there is none.
        public var coordinatorEpoch: Int32 = 0

        /// Where the producer's open transaction began; -1 for none.
        public var currentTxnStartOffset: Int64 = -1

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&producerID)
            try f.field(&producerEpoch)
            try f.field(&lastSequence)
            try f.field(&lastTimestamp)
            try f.field(&coordinatorEpoch)
            try f.field(&currentTxnStartOffset)
        }
    }
}
