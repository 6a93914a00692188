/// Names the brokers, the topics, their partitions and who leads them.
public struct MetadataRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = MetadataResponse

    /// Kafka's `MetadataRequest`.
    public static let definition = MessageDefinition(.metadata, versions: 0...13, flexible: 9)

    /// The topics that are asked for; nil for all (in version 0, an empty list for all).
    public var topics: [Topic]? = []

    /// Whether the broker may create a topic that is asked for and missing.
    public var allowAutoTopicCreation: Bool = true

    /// Whether to say which operations on the cluster are allowed.
    public var includeClusterAuthorizedOperations: Bool = false

    /// Whether to say which operations on the topics are allowed.
    public var includeTopicAuthorizedOperations: Bool = false

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&topics, nullable: 1)
        try f.field(&allowAutoTopicCreation, since: 4)
        try f.field(&includeClusterAuthorizedOperations, since: 8, through: 10)
        try f.field(&includeTopicAuthorizedOperations, since: 8)
    }
}

extension MetadataRequest {
    /// One topic.
    public struct Topic: KafkaStructure {
        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// The topic's name; nil where its id is given.
        public var name: String? = ""

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&topicID, since: 10)
            try f.field(&name, nullable: 10)
        }
    }
}

/// The answer to `MetadataRequest`.
public struct MetadataResponse: KafkaResponse {
    /// Kafka's `MetadataResponse`.
    public static let definition = MessageDefinition(.metadata, versions: 0...13, flexible: 9)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The brokers.
    public var brokers: [Broker] = []

    /// The cluster's id.
    public var clusterID: String?

    /// The controller's number; -1 where there is none.
    public var controllerID: Int32 = -1

    /// The topics.
    public var topics: [Topic] = []

    /// A bit for each operation on the cluster that is allowed; the least number where that was not asked for.
    public var clusterAuthorizedOperations: Int32 = .min

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs, since: 3)
        try f.field(&brokers)
        try f.field(&clusterID, since: 2)
        try f.field(&controllerID, since: 1)
        try f.field(&topics)
        try f.field(&clusterAuthorizedOperations, since: 8, through: 10)
        try f.field(&errorCode, since: 13)
    }
}

extension MetadataResponse {
    /// One broker.
    public struct Broker: KafkaStructure {
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
            try f.field(&rack, since: 1)
        }
    }

    /// One topic.
    public struct Topic: KafkaStructure {
        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// The topic's name; nil where it is not known.
        public var name: String? = ""

        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// Whether the topic is Kafka's own.
        public var isInternal: Bool = false

        /// The partitions.
        public var partitions: [Partition] = []

        /// A bit for each operation on the topic that is allowed; the least number where that was not asked for.
        public var topicAuthorizedOperations: Int32 = .min

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&errorCode)
            try f.field(&name, nullable: 12)
            try f.field(&topicID, since: 10)
            try f.field(&isInternal, since: 1)
            try f.field(&partitions)
            try f.field(&topicAuthorizedOperations, since: 8)
        }
    }

    /// One partition.
    public struct Partition: KafkaStructure {
        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// The partition's number.
        public var partitionIndex: Int32 = 0

        /// The leader's broker number; -1 for none.
        public var leaderID: Int32 = 0

        /// The leader's epoch; -1 where it is not known.
        public var leaderEpoch: Int32 = -1

        /// The brokers that hold replicas, the preferred leader first.
        public var replicaNodes: [Int32] = []

        /// The brokers whose replicas are in sync.
        public var isrNodes: [Int32] = []

        /// The brokers whose replicas are down.
        public var offlineReplicas: [Int32] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&errorCode)
            try f.field(&partitionIndex)
            try f.field(&leaderID)
            try f.field(&leaderEpoch, since: 7)
            try f.field(&replicaNodes)
            try f.field(&isrNodes)
            try f.field(&offlineReplicas, since: 5)
        }
    }
}
