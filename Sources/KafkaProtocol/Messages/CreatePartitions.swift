/// Adds partitions to topics.
public struct CreatePartitionsRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = CreatePartitionsResponse

    /// Kafka's `CreatePartitionsRequest`.
    public static let definition = MessageDefinition(.createPartitions, versions: 0...3, flexible: 2)

    /// The topics.
    public var topics: [Topic] = []

    /// How long the broker may take, in milliseconds.
    public var timeoutMs: Int32 = 0

    /// Whether to check alone, and change nothing.
    public var validateOnly: Bool = false

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&topics)
        try f.field(&timeoutMs)
        try f.field(&validateOnly)
    }
}

extension CreatePartitionsRequest {
    /// One topic.
    public struct Topic: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// How many partitions the topic is to have altogether.
        public var count: Int32 = 0

        /// Which brokers are to hold the new partitions; nil to leave that to the broker.
        public var assignments: [Assignment]? = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&count)
            try f.field(&assignments)
        }
    }

    /// One assignment.
    public struct Assignment: KafkaStructure {
        /// The brokers that hold the partition, the preferred leader first.
        public var brokerIDs: [Int32] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&brokerIDs)
        }
    }
}

/// The answer to `CreatePartitionsRequest`.
public struct CreatePartitionsResponse: KafkaResponse {
    /// Kafka's `CreatePartitionsResponse`.
    public static let definition = MessageDefinition(.createPartitions, versions: 0...3, flexible: 2)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The results.
    public var results: [TopicResult] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs)
        try f.field(&results)
    }
}

extension CreatePartitionsResponse {
    /// What became of one topic.
    public struct TopicResult: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// What the broker says about the error, if anything.
        public var errorMessage: String?

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&errorCode)
            try f.field(&errorMessage)
        }
    }
}
