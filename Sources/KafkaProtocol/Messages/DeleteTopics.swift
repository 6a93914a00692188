/// Deletes topics.
public struct DeleteTopicsRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = DeleteTopicsResponse

    /// Kafka's `DeleteTopicsRequest`.
    public static let definition = MessageDefinition(.deleteTopics, versions: 0...6, flexible: 4)

    /// The topics to delete, by name or id.
    public var topics: [DeleteTopicState] = []

    /// The names of the topics to delete.
    public var topicNames: [String] = []

    /// How long the broker may take, in milliseconds.
    public var timeoutMs: Int32 = 0

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&topics, since: 6)
        try f.field(&topicNames, through: 5)
        try f.field(&timeoutMs)
    }
}

extension DeleteTopicsRequest {
    /// A topic to delete.
    public struct DeleteTopicState: KafkaStructure {
        /// The topic's name; nil where its id is given.
        public var name: String?

        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&topicID)
        }
    }
}

/// The answer to `DeleteTopicsRequest`.
public struct DeleteTopicsResponse: KafkaResponse {
    /// Kafka's `DeleteTopicsResponse`.
    public static let definition = MessageDefinition(.deleteTopics, versions: 0...6, flexible: 4)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The answers.
    public var responses: [DeletableTopicResult] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs, since: 1)
        try f.field(&responses)
    }
}

extension DeleteTopicsResponse {
    /// What became of one topic.
    public struct DeletableTopicResult: KafkaStructure {
        /// The topic's name; nil where its id was given and no topic was found.
        public var name: String? = ""

        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// What the broker says about the error, if anything.
        public var errorMessage: String?

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name, nullable: 6)
            try f.field(&topicID, since: 6)
            try f.field(&errorCode)
            try f.field(&errorMessage, since: 5)
        }
    }
}
