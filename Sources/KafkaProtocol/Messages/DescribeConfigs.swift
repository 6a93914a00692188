/// Tells the settings of topics and brokers.
public struct DescribeConfigsRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = DescribeConfigsResponse

    /// Kafka's `DescribeConfigsRequest`.
    public static let definition = MessageDefinition(.describeConfigs, versions: 0...4, flexible: 4)

    /// The resources.
    public var resources: [Resource] = []

    /// Whether to name the settings that the value may come from.
    public var includeSynonyms: Bool = false

    /// Whether to say what the settings are for.
    public var includeDocumentation: Bool = false

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&resources)
        try f.field(&includeSynonyms, since: 1)
        try f.field(&includeDocumentation, since: 3)
    }
}

extension DescribeConfigsRequest {
    /// One resource.
    public struct Resource: KafkaStructure {
        /// The kind of resource: 2 a topic, 4 a broker, 8 a broker's logger.
        public var resourceType: Int8 = 0

        /// The resource's name.
        public var resourceName: String = ""

        /// The settings that are asked for; nil for all.
        public var configurationKeys: [String]? = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&resourceType)
            try f.field(&resourceName)
            try f.field(&configurationKeys)
        }
    }
}

/// The answer to `DescribeConfigsRequest`.
public struct DescribeConfigsResponse: KafkaResponse {
    /// Kafka's `DescribeConfigsResponse`.
    public static let definition = MessageDefinition(.describeConfigs, versions: 0...4, flexible: 4)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The results.
    public var results: [Result] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs)
        try f.field(&results)
    }
}

extension DescribeConfigsResponse {
    /// One result.
    public struct Result: KafkaStructure {
        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// What the broker says about the error, if anything.
        public var errorMessage: String? = ""

        /// The kind of resource: 2 a topic, 4 a broker, 8 a broker's logger.
        public var resourceType: Int8 = 0

        /// The resource's name.
        public var resourceName: String = ""

        /// The settings.
        public var configs: [ResourceResult] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&errorCode)
            try f.field(&errorMessage)
            try f.field(&resourceType)
            try f.field(&resourceName)
            try f.field(&configs)
        }
    }

    /// One resource.
    public struct ResourceResult: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The value; nil where it is secret or unset.
        public var value: String? = ""

        /// Whether the value cannot be changed.
        public var readOnly: Bool = false

        /// Whether the value is the default.
        public var isDefault: Bool = false

        /// Where the value comes from.
        public var configSource: Int8 = -1

        /// Whether the value is secret, and therefore left out.
        public var isSensitive: Bool = false

        /// The settings that the value may come from, the strongest first.
        public var synonyms: [Synonym] = []

        /// The value's type.
        public var configType: Int8 = 0

        /// What the setting is for, if that was asked for.
        public var documentation: String? = ""

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&value)
            try f.field(&readOnly)
            try f.field(&isDefault, through: 0)
            try f.field(&configSource, since: 1)
            try f.field(&isSensitive)
            try f.field(&synonyms, since: 1)
            try f.field(&configType, since: 3)
            try f.field(&documentation, since: 3)
        }
    }

    /// A setting that the value may come from.
    public struct Synonym: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The value; nil where it is secret or unset.
        public var value: String? = ""

        /// Where the value comes from.
        public var source: Int8 = 0

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&value)
            try f.field(&source)
        }
    }
}
