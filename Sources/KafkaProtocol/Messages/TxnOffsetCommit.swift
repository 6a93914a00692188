/// Keeps a group's offsets as part of a transaction.
public struct TxnOffsetCommitRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = TxnOffsetCommitResponse

    /// Kafka's `TxnOffsetCommitRequest`.
    public static let definition = MessageDefinition(.txnOffsetCommit, versions: 0...5, flexible: 3)

    /// The transactional id.
    public var transactionalID: String = ""

    /// The group.
    public var groupID: String = ""

    /// The producer's id; -1 for none.
    public var producerID: Int64 = 0

    /// The producer's epoch; -1 for none.
    public var producerEpoch: Int16 = 0

    /// The group's generation; -1 for none.
    public var generationID: Int32 = -1

    /// The member's id.
    public var memberID: String = ""

    /// The member's fixed name, for a static member (KIP-345); nil for others.
    public var groupInstanceID: String?

    /// The topics.
    public var topics: [Topic] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&transactionalID)
        try f.field(&groupID)
        try f.field(&producerID)
        try f.field(&producerEpoch)
        try f.field(&generationID, since: 3)
        try f.field(&memberID, since: 3)
        try f.field(&groupInstanceID, since: 3)
        try f.field(&topics)
    }
}

extension TxnOffsetCommitRequest {
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

        /// The offset of the record to be read next; -1 in an answer where there is none.
        public var committedOffset: Int64 = 0

        /// The leader epoch of the last record that was read; -1 where it is not known.
        public var committedLeaderEpoch: Int32 = -1

        /// A text that is kept with the offset.
        public var committedMetadata: String? = ""

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partitionIndex)
            try f.field(&committedOffset)
            try f.field(&committedLeaderEpoch, since: 2)
            try f.field(&committedMetadata)
        }
    }
}

/// The answer to `TxnOffsetCommitRequest`.
public struct TxnOffsetCommitResponse: KafkaResponse {
    /// Kafka's `TxnOffsetCommitResponse`.
    public static let definition = MessageDefinition(.txnOffsetCommit, versions: 0...5, flexible: 3)

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

extension TxnOffsetCommitResponse {
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

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partitionIndex)
            try f.field(&errorCode)
        }
    }
}
