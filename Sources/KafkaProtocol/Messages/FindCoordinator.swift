/// Finds the broker that coordinates a group or a transactional id.
public struct FindCoordinatorRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = FindCoordinatorResponse

    /// Kafka's `FindCoordinatorRequest`.
    public static let definition = MessageDefinition(.findCoordinator, versions: 0...6, flexible: 3)

    /// The key.
    public var key: String = ""

    /// What the key is: 0 a group, 1 a transactional id, 2 a share group.
    public var keyType: Int8 = 0

    /// The groups, transactional ids or others whose coordinators are asked for.
    public var coordinatorKeys: [String] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&key, through: 3)
        try f.field(&keyType, since: 1)
        try f.field(&coordinatorKeys, since: 4)
    }
}

/// The answer to `FindCoordinatorRequest`.
public struct FindCoordinatorResponse: KafkaResponse {
    /// Kafka's `FindCoordinatorResponse`.
    public static let definition = MessageDefinition(.findCoordinator, versions: 0...6, flexible: 3)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// What the broker says about the error, if anything.
    public var errorMessage: String? = ""

    /// The broker's number.
    public var nodeID: Int32 = 0

    /// The host's name or address.
    public var host: String = ""

    /// The port.
    public var port: Int32 = 0

    /// The coordinators, one for each key.
    public var coordinators: [Coordinator] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs, since: 1)
        try f.field(&errorCode, through: 3)
        try f.field(&errorMessage, since: 1, through: 3)
        try f.field(&nodeID, through: 3)
        try f.field(&host, through: 3)
        try f.field(&port, through: 3)
        try f.field(&coordinators, since: 4)
    }
}

extension FindCoordinatorResponse {
    /// The coordinator for one key.
    public struct Coordinator: KafkaStructure {
        /// The key.
        public var key: String = ""

        /// The broker's number.
        public var nodeID: Int32 = 0

        /// The host's name or address.
        public var host: String = ""

        /// The port.
        public var port: Int32 = 0

        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// What the broker says about the error, if anything.
        public var errorMessage: String? = ""

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&key)
            try f.field(&nodeID)
            try f.field(&host)
            try f.field(&port)
            try f.field(&errorCode)
            try f.field(&errorMessage)
        }
    }
}
