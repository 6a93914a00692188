/// Names the brokers.
public struct DescribeClusterRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = DescribeClusterResponse

    /// Kafka's `DescribeClusterRequest`.
    public static let definition = MessageDefinition(.describeCluster, versions: 0...2, flexible: 0)

    /// Whether to say which operations on the cluster are allowed.
    public var includeClusterAuthorizedOperations: Bool = false

    /// Whose endpoints: 1 the brokers', 2 the controllers'.
    public var endpointType: Int8 = 1

    /// Whether to name brokers that are fenced, too.
    public var includeFencedBrokers: Bool = false

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&includeClusterAuthorizedOperations)
        try f.field(&endpointType, since: 1)
        try f.field(&includeFencedBrokers, since: 2)
    }
}

/// The answer to `DescribeClusterRequest`.
public struct DescribeClusterResponse: KafkaResponse {
    /// Kafka's `DescribeClusterResponse`.
    public static let definition = MessageDefinition(.describeCluster, versions: 0...2, flexible: 0)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// What the broker says about the error, if anything.
    public var errorMessage: String?

    /// Whose endpoints: 1 the brokers', 2 the controllers'.
    public var endpointType: Int8 = 1

    /// The cluster's id.
    public var clusterID: String = ""

    /// The controller's number; -1 where there is none.
    public var controllerID: Int32 = -1

    /// The brokers.
    public var brokers: [Broker] = []

    /// A bit for each operation on the cluster that is allowed; the least number where that was not asked for.
    public var clusterAuthorizedOperations: Int32 = .min

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs)
        try f.field(&errorCode)
        try f.field(&errorMessage)
        try f.field(&endpointType, since: 1)
        try f.field(&clusterID)
        try f.field(&controllerID)
        try f.field(&brokers)
        try f.field(&clusterAuthorizedOperations)
    }
}

extension DescribeClusterResponse {
    /// One broker.
    public struct Broker: KafkaStructure {
        /// The broker's number.
        public var brokerID: Int32 = 0

        /// The host's name or address.
        public var host: String = ""

        /// The port.
        public var port: Int32 = 0

        /// The rack; nil where none is set.
        public var rack: String?

        /// Whether the broker is fenced.
        public var isFenced: Bool = false

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&brokerID)
            try f.field(&host)
            try f.field(&port)
            try f.field(&rack)
            try f.field(&isFenced, since: 2)
        }
    }
}
