/// Changes single settings of topics and brokers.
public struct IncrementalAlterConfigsRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = IncrementalAlterConfigsResponse

    /// Kafka's `IncrementalAlterConfigsRequest`.
    public static let definition = MessageDefinition(.incrementalAlterConfigs, versions: 0...1, flexible: 1)

    /// The resources.
    public var resources: [Resource] = []

    /// Whether to check alone, and change nothing.
    public var validateOnly: Bool = false

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&resources)
        try f.field(&validateOnly)
    }
}

extension IncrementalAlterConfigsRequest {
    /// One resource.
    public struct Resource: KafkaStructure {
        /// The kind of resource: 2 a topic, 4 a broker, 8 a broker's logger.
        public var resourceType: Int8 = 0

        /// The resource's name.
        public var resourceName: String = ""

        /// The settings.
        public var configs: [AlterableConfig] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&resourceType)
            try f.field(&resourceName)
            try f.field(&configs)
        }
    }

    /// A setting to change.
    public struct AlterableConfig: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// What to do: 0 set, 1 delete, 2 append, 3 subtract.
        public var configOperation: Int8 = 0

        /// The value; nil where it is deleted.
        public var value: String? = ""

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&configOperation)
            try f.field(&value)
        }
    }
}

/// The answer to `IncrementalAlterConfigsRequest`.
public struct IncrementalAlterConfigsResponse: KafkaResponse {
    /// Kafka's `IncrementalAlterConfigsResponse`.
    public static let definition = MessageDefinition(.incrementalAlterConfigs, versions: 0...1, flexible: 1)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The answers.
    public var responses: [Resource] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs)
        try f.field(&responses)
    }
}

extension IncrementalAlterConfigsResponse {
    /// One resource.
    public struct Resource: KafkaStructure {
        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// What the broker says about the error, if anything.
        public var errorMessage: String? = ""

        /// The kind of resource: 2 a topic, 4 a broker, 8 a broker's logger.
        public var resourceType: Int8 = 0

        /// The resource's name.
        public var resourceName: String = ""

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&errorCode)
            try f.field(&errorMessage)
            try f.field(&resourceType)
            try f.field(&resourceName)
        }
    }
}
