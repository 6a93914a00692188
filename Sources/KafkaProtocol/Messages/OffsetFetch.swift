/// Tells how far a group has read.
public struct OffsetFetchRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = OffsetFetchResponse

    /// Kafka's `OffsetFetchRequest`.
    public static let definition = MessageDefinition(.offsetFetch, versions: 0...10, flexible: 6)

    /// The group.
    public var groupID: String = ""

    /// The topics; nil for all that the group has committed.
    public var topics: [Topic]? = []

    /// The groups.
    public var groups: [Group] = []

    /// Whether offsets of open transactions are held back with an error that may be retried.
    public var requireStable: Bool = false

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&groupID, through: 7)
        try f.field(&topics, through: 7, nullable: 2)
        try f.field(&groups, since: 8)
        try f.field(&requireStable, since: 7)
    }
}

extension OffsetFetchRequest {
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

    /// One group.
    public struct Group: KafkaStructure {
        /// The group.
        public var groupID: String = ""

        /// The member's id.
        public var memberID: String?

        /// The member's epoch; in a request 0 to join, -1 to leave, -2 to leave as a static member that comes back.
        public var memberEpoch: Int32 = -1

        /// The topics; nil for all that the group has committed.
        public var topics: [GroupTopic]? = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&groupID)
            try f.field(&memberID, since: 9)
            try f.field(&memberEpoch, since: 9)
            try f.field(&topics)
        }
    }

    /// One topic of a group.
    public struct GroupTopic: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// The partitions' numbers.
        public var partitionIndexes: [Int32] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name, through: 9)
            try f.field(&topicID, since: 10)
            try f.field(&partitionIndexes)
        }
    }
}

/// The answer to `OffsetFetchRequest`.
public struct OffsetFetchResponse: KafkaResponse {
    /// Kafka's `OffsetFetchResponse`.
    public static let definition = MessageDefinition(.offsetFetch, versions: 0...10, flexible: 6)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The topics.
    public var topics: [Topic] = []

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// The groups.
    public var groups: [Group] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs, since: 3)
        try f.field(&topics, through: 7)
        try f.field(&errorCode, since: 2, through: 7)
        try f.field(&groups, since: 8)
    }
}

extension OffsetFetchResponse {
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

    /// One group.
    public struct Group: KafkaStructure {
        /// The group.
        public var groupID: String = ""

        /// The topics.
        public var topics: [GroupTopic] = []

        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&groupID)
            try f.field(&topics)
            try f.field(&errorCode)
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

        /// What the member tells the group's leader.
        public var metadata: String? = ""

        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partitionIndex)
            try f.field(&committedOffset)
            try f.field(&committedLeaderEpoch, since: 5)
            try f.field(&metadata)
            try f.field(&errorCode)
        }
    }

    /// One topic of a group.
    public struct GroupTopic: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// The partitions.
        public var partitions: [GroupPartition] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name, through: 9)
            try f.field(&topicID, since: 10)
            try f.field(&partitions)
        }
    }

    /// One partition of a group's topic.
    public struct GroupPartition: KafkaStructure {
        /// The partition's number.
        public var partitionIndex: Int32 = 0

        /// The offset of the record to be read next; -1 in an answer where there is none.
        public var committedOffset: Int64 = 0

        /// The leader epoch of the last record that was read; -1 where it is not known.
        public var committedLeaderEpoch: Int32 = -1

        /// What the member tells the group's leader.
        public var metadata: String? = ""

        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partitionIndex)
            try f.field(&committedOffset)
            try f.field(&committedLeaderEpoch)
            try f.field(&metadata)
            try f.field(&errorCode)
        }
    }
}
