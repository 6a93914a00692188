/// Forgets a group's offsets.
public struct OffsetDeleteRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = OffsetDeleteResponse

    /// Kafka's `OffsetDeleteRequest`.
    public static let definition = MessageDefinition(.offsetDelete, versions: 0...0)

    /// The group.
    public var groupID: String = ""

    /// The topics.
    public var topics: [Topic] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&groupID)
        try f.field(&topics)
    }
}

extension OffsetDeleteRequest {
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

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partitionIndex)
        }
    }
}

/// The answer to `OffsetDeleteRequest`.
public struct OffsetDeleteResponse: KafkaResponse {
    /// Kafka's `OffsetDeleteResponse`.
    public static let definition = MessageDefinition(.offsetDelete, versions: 0...0)

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The topics.
    public var topics: [Topic] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&errorCode)
        try f.field(&throttleTimeMs)
        try f.field(&topics)
    }
}

extension OffsetDeleteResponse {
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
