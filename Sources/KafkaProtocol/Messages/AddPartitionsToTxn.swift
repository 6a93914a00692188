/// Adds partitions to a transaction.
public struct AddPartitionsToTxnRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = AddPartitionsToTxnResponse

    /// Kafka's `AddPartitionsToTxnRequest`.
    public static let definition = MessageDefinition(.addPartitionsToTxn, versions: 0...5, flexible: 3)

    /// The transactions.
    public var transactions: [Transaction] = []

    /// The transactional id.
    public var v3AndBelowTransactionalID: String = ""

    /// The producer's id.
    public var v3AndBelowProducerID: Int64 = 0

    /// The producer's epoch.
    public var v3AndBelowProducerEpoch: Int16 = 0

    /// The partitions to add.
    public var v3AndBelowTopics: [Topic] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&transactions, since: 4)
        try f.field(&v3AndBelowTransactionalID, through: 3)
        try f.field(&v3AndBelowProducerID, through: 3)
        try f.field(&v3AndBelowProducerEpoch, through: 3)
        try f.field(&v3AndBelowTopics, through: 3)
    }
}

extension AddPartitionsToTxnRequest {
    /// One transaction.
    public struct Transaction: KafkaStructure {
        /// The transactional id.
        public var transactionalID: String = ""

        /// The producer's id; -1 for none.
        public var producerID: Int64 = 0

        /// The producer's epoch; -1 for none.
        public var producerEpoch: Int16 = 0

        /// Whether to ask alone if the partitions are in the transaction.
        public var verifyOnly: Bool = false

        /// The topics.
        public var topics: [Topic] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&transactionalID)
            try f.field(&producerID)
            try f.field(&producerEpoch)
            try f.field(&verifyOnly)
            try f.field(&topics)
        }
    }

    /// One topic.
    public struct Topic: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The partitions.
        public var partitions: [Int32] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&partitions)
        }
    }
}

/// The answer to `AddPartitionsToTxnRequest`.
public struct AddPartitionsToTxnResponse: KafkaResponse {
    /// Kafka's `AddPartitionsToTxnResponse`.
    public static let definition = MessageDefinition(.addPartitionsToTxn, versions: 0...5, flexible: 3)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// The results, transaction by transaction.
    public var resultsByTransaction: [Result] = []

    /// The results of the one transaction.
    public var resultsByTopicV3AndBelow: [TopicResult] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs)
        try f.field(&errorCode, since: 4)
        try f.field(&resultsByTransaction, since: 4)
        try f.field(&resultsByTopicV3AndBelow, through: 3)
    }
}

extension AddPartitionsToTxnResponse {
    /// One result.
    public struct Result: KafkaStructure {
        /// The transactional id.
        public var transactionalID: String = ""

        /// The results, topic by topic.
        public var topicResults: [TopicResult] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&transactionalID)
            try f.field(&topicResults)
        }
    }

    /// What became of one topic.
    public struct TopicResult: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The results, partition by partition.
        public var resultsByPartition: [PartitionResult] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&resultsByPartition)
        }
    }

    /// What became of one partition.
    public struct PartitionResult: KafkaStructure {
        /// The partition's number.
        public var partitionIndex: Int32 = 0

        /// The error, or none.
        public var partitionErrorCode: KafkaErrorCode = .none

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partitionIndex)
            try f.field(&partitionErrorCode)
        }
    }
}
