/// Keeps how far a group has read.
public struct OffsetCommitRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = OffsetCommitResponse

    /// Kafka's `OffsetCommitRequest`.
    public static let definition = MessageDefinition(.offsetCommit, versions: 0...10, flexible: 8)

    /// The group.
    public var groupID: String = ""

    /// The group's generation, or the member's epoch in a group of the new protocol; -1 for none.
    public var generationIDOrMemberEpoch: Int32 = -1

    /// The member's id.
    public var memberID: String = ""

    /// The member's fixed name, for a static member (KIP-345); nil for others.
    public var groupInstanceID: String?

    /// How long to keep the offset, in milliseconds; -1 for the broker's default.
    public var retentionTimeMs: Int64 = -1

    /// The topics.
    public var topics: [Topic] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&groupID)
        try f.field(&generationIDOrMemberEpoch, since: 1)
        try f.field(&memberID, since: 1)
        try f.field(&groupInstanceID, since: 7)
        try f.field(&retentionTimeMs, since: 2, through: 4)
        try f.field(&topics)
    }
}

extension OffsetCommitRequest {
    /// One topic.
    public struct Topic: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// The partitions.
        public var partitions: [Partition] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name, through: 9)
            try f.field(&topicID, since: 10)
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

        /// When the offset was committed, in milliseconds since 1970; -1 for now.
        public var commitTimestamp: Int64 = -1

        /// A text that is kept with the offset.
        public var committedMetadata: String? = ""

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partitionIndex)
            try f.field(&committedOffset)
            try f.field(&committedLeaderEpoch, since: 6)
            try f.field(&commitTimestamp, since: 1, through: 1)
            try f.field(&committedMetadata)
        }
    }
}

/// The answer to `OffsetCommitRequest`.
public struct OffsetCommitResponse: KafkaResponse {
    /// Kafka's `OffsetCommitResponse`.
    public static let definition = MessageDefinition(.offsetCommit, versions: 0...10, flexible: 8)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The topics.
    public var topics: [Topic] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs, since: 3)
        try f.field(&topics)
    }
}

extension OffsetCommitResponse {
    /// One topic.
    public struct Topic: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// The partitions.
        public var partitions: [Partition] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name, through: 9)
            try f.field(&topicID, since: 10)
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
