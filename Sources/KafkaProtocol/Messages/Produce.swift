public import Bytes

/// Appends record batches to partitions.
public struct ProduceRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = ProduceResponse

    /// Kafka's `ProduceRequest`.
    public static let definition = MessageDefinition(.produce, versions: 0...13, flexible: 9)

    /// The transactional id; nil outside transactions.
    public var transactionalID: String?

    /// How many replicas must have the records before the answer: 0 for no answer at all, 1 for the leader alone, -1
    /// for all that are in sync.
    public var acks: Int16 = 0

    /// How long the broker may take, in milliseconds.
    public var timeoutMs: Int32 = 0

    /// The topics.
    public var topicData: [TopicProduceData] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&transactionalID, since: 3)
        try f.field(&acks)
        try f.field(&timeoutMs)
        try f.field(&topicData)
    }
}

extension ProduceRequest {
    /// The batches for one topic.
    public struct TopicProduceData: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// The partitions.
        public var partitionData: [PartitionProduceData] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name, through: 12)
            try f.field(&topicID, since: 13)
            try f.field(&partitionData)
        }
    }

    /// The batches for one partition.
    public struct PartitionProduceData: KafkaStructure {
        /// The partition's number.
        public var index: Int32 = 0

        /// The record batches.
        public var records: ByteSlice?

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&index)
            try f.field(&records)
        }
    }
}

/// The answer to `ProduceRequest`.
public struct ProduceResponse: KafkaResponse {
    /// Kafka's `ProduceResponse`.
    public static let definition = MessageDefinition(.produce, versions: 0...13, flexible: 9)

    /// The answers.
    public var responses: [TopicProduceResponse] = []

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// Where the leaders named in the answer are reached (KIP-951).
    public var nodeEndpoints: [NodeEndpoint] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&responses)
        try f.field(&throttleTimeMs, since: 1)
        try f.tagged(0, &nodeEndpoints, since: 10)
    }
}

extension ProduceResponse {
    /// The answer for one topic.
    public struct TopicProduceResponse: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// The answers, partition by partition.
        public var partitionResponses: [PartitionProduceResponse] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name, through: 12)
            try f.field(&topicID, since: 13)
            try f.field(&partitionResponses)
        }
    }

    /// Where a broker is reached.
    public struct NodeEndpoint: KafkaStructure {
        /// The broker's number.
        public var nodeID: Int32 = 0

        /// The host's name or address.
        public var host: String = ""

        /// The port.
        public var port: Int32 = 0

        /// The rack; nil where none is set.
        public var rack: String?

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&nodeID)
            try f.field(&host)
            try f.field(&port)
            try f.field(&rack)
        }
    }

    /// The answer for one partition.
    public struct PartitionProduceResponse: KafkaStructure {
        /// The partition's number.
        public var index: Int32 = 0

        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// The offset of the first record.
        public var baseOffset: Int64 = 0

        /// When the broker appended the records, if the topic keeps that time, in milliseconds since 1970; -1 if not.
        public var logAppendTimeMs: Int64 = -1

        /// The offset of the first record that is still there; -1 where it is not known.
        public var logStartOffset: Int64 = -1

        /// The records that had the batch refused.
        public var recordErrors: [BatchIndexAndErrorMessage] = []

        /// What the broker says about the error, if anything.
        public var errorMessage: String?

        /// Who leads the partition now, where the asked broker does not.
        public var currentLeader = LeaderIDAndEpoch()

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&index)
            try f.field(&errorCode)
            try f.field(&baseOffset)
            try f.field(&logAppendTimeMs, since: 2)
            try f.field(&logStartOffset, since: 5)
            try f.field(&recordErrors, since: 8)
            try f.field(&errorMessage, since: 8)
            try f.tagged(0, &currentLeader, since: 10)
        }
    }

    /// A record that had its batch refused.
    public struct BatchIndexAndErrorMessage: KafkaStructure {
        /// Which record of the batch it was, from 0.
        public var batchIndex: Int32 = 0

        /// Why the record was refused, if the broker says it.
        public var batchIndexErrorMessage: String?

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&batchIndex)
            try f.field(&batchIndexErrorMessage)
        }
    }

    /// A leader and its epoch.
    public struct LeaderIDAndEpoch: KafkaStructure {
        /// The leader's broker number; -1 for none.
        public var leaderID: Int32 = -1

        /// The leader's epoch; -1 where it is not known.
        public var leaderEpoch: Int32 = -1

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&leaderID)
            try f.field(&leaderEpoch)
        }
    }
}
