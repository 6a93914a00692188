/// Creates topics.
public struct CreateTopicsRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = CreateTopicsResponse

    /// Kafka's `CreateTopicsRequest`.
    public static let definition = MessageDefinition(.createTopics, versions: 0...7, flexible: 5)

    /// The topics.
    public var topics: [CreatableTopic] = []

    /// How long the broker may take, in milliseconds.
    public var timeoutMs: Int32 = 60000

    /// Whether to check alone, and change nothing.
    public var validateOnly: Bool = false

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&topics)
        try f.field(&timeoutMs)
        try f.field(&validateOnly, since: 1)
    }
}

extension CreateTopicsRequest {
    /// A topic to create.
    public struct CreatableTopic: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// How many partitions; -1 for the broker's default or where assignments are given.
        public var numPartitions: Int32 = 0

        /// How many replicas each partition has; -1 for the broker's default or where assignments are given.
        public var replicationFactor: Int16 = 0

        /// Which brokers are to hold each partition, partition by partition.
        public var assignments: [CreatableReplicaAssignment] = []

        /// The settings.
        public var configs: [CreatableTopicConfig] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&numPartitions)
            try f.field(&replicationFactor)
            try f.field(&assignments)
            try f.field(&configs)
        }
    }

    /// The brokers of one partition.
    public struct CreatableReplicaAssignment: KafkaStructure {
        /// The partition's number.
        public var partitionIndex: Int32 = 0

        /// The brokers that hold the partition, the preferred leader first.
        public var brokerIDs: [Int32] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partitionIndex)
            try f.field(&brokerIDs)
        }
    }

    /// A setting of the topic.
    public struct CreatableTopicConfig: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The value.
        public var value: String? = ""

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&value)
        }
    }
}

/// The answer to `CreateTopicsRequest`.
public struct CreateTopicsResponse: KafkaResponse {
    /// Kafka's `CreateTopicsResponse`.
    public static let definition = MessageDefinition(.createTopics, versions: 0...7, flexible: 5)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The topics.
    public var topics: [CreatableTopicResult] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs, since: 2)
        try f.field(&topics)
    }
}

extension CreateTopicsResponse {
    /// What became of one topic.
    public struct CreatableTopicResult: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// What the broker says about the error, if anything.
        public var errorMessage: String? = ""

        /// The error that kept the settings from being told, or none.
        public var topicConfigErrorCode: KafkaErrorCode = .none

        /// How many partitions the topic has; -1 where that is not told.
        public var numPartitions: Int32 = -1

        /// How many replicas each partition has; -1 where that is not told.
        public var replicationFactor: Int16 = -1

        /// The settings that the topic has; nil where they are not told.
        public var configs: [CreatableTopicConfigs]? = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&topicID, since: 7)
            try f.field(&errorCode)
            try f.field(&errorMessage, since: 1)
            try f.field(&numPartitions, since: 5)
            try f.field(&replicationFactor, since: 5)
            try f.field(&configs, since: 5)
            try f.tagged(0, &topicConfigErrorCode, default: .none)
        }
    }

    /// A setting that the topic has.
    public struct CreatableTopicConfigs: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The value.
        public var value: String? = ""

        /// Whether the value cannot be changed.
        public var readOnly: Bool = false

        /// Where the value comes from.
        public var configSource: Int8 = -1

        /// Whether the value is secret, and therefore left out.
        public var isSensitive: Bool = false

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&value)
            try f.field(&readOnly)
            try f.field(&configSource)
            try f.field(&isSensitive)
        }
    }
}
