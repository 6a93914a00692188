public import Bytes

/// Tells which interfaces the broker serves, in which versions.
public struct ApiVersionsRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = ApiVersionsResponse

    /// Kafka's `ApiVersionsRequest`.
    public static let definition = MessageDefinition(.apiVersions, versions: 0...4, flexible: 3)

    /// The name of the client's library.
    public var clientSoftwareName: String = ""

    /// The version of the client's library.
    public var clientSoftwareVersion: String = ""

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&clientSoftwareName, since: 3)
        try f.field(&clientSoftwareVersion, since: 3)
    }
}

/// The answer to `ApiVersionsRequest`.
public struct ApiVersionsResponse: KafkaResponse {
    /// Kafka's `ApiVersionsResponse`.
    public static let definition = MessageDefinition(.apiVersions, versions: 0...4, flexible: 3)

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// The interfaces that the broker serves.
    public var apiKeys: [APIVersion] = []

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The features that the broker has.
    public var supportedFeatures: [SupportedFeatureKey] = []

    /// The epoch of the finalized features; -1 where it is not known.
    public var finalizedFeaturesEpoch: Int64 = -1

    /// The features that are on in the whole cluster.
    public var finalizedFeatures: [FinalizedFeatureKey] = []

    /// Whether the controller is ready for a migration from ZooKeeper.
    public var zkMigrationReady: Bool = false

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&errorCode)
        try f.field(&apiKeys)
        try f.field(&throttleTimeMs, since: 1)
        try f.tagged(0, &supportedFeatures)
        try f.tagged(1, &finalizedFeaturesEpoch, default: -1)
        try f.tagged(2, &finalizedFeatures)
        try f.tagged(3, &zkMigrationReady, default: false)
    }
}

extension ApiVersionsResponse {
    /// The versions of one interface.
    public struct APIVersion: KafkaStructure {
        /// The interface.
        public var apiKey: APIKey = .produce

        /// The first version.
        public var minVersion: Int16 = 0

        /// The last version.
        public var maxVersion: Int16 = 0

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&apiKey)
            try f.field(&minVersion)
            try f.field(&maxVersion)
        }
    }

    /// A feature that the broker has.
    public struct SupportedFeatureKey: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The first version.
        public var minVersion: Int16 = 0

        /// The last version.
        public var maxVersion: Int16 = 0

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&minVersion)
            try f.field(&maxVersion)
        }
    }

    /// A feature that is on in the whole cluster.
    public struct FinalizedFeatureKey: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The last level that is on.
        public var maxVersionLevel: Int16 = 0

        /// The first level that is on.
        public var minVersionLevel: Int16 = 0

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&maxVersionLevel)
            try f.field(&minVersionLevel)
        }
    }
}

extension ApiVersionsResponse {
    /// Reads a broker's answer to a request of that version.
    ///
    /// A broker that does not know the version answers in version 0, with the error `.unsupportedVersion` and, since
    /// 2.4, the versions that it knows (KIP-511).
    /// - Throws: `KafkaProtocolError` where the bytes are no such answer.
    public init(answer body: ByteSlice, to version: Int16) throws(KafkaProtocolError) {
        let refusal = KafkaErrorCode.unsupportedVersion.rawValue
        let isRefusal = body.count >= 2 && body[0] == UInt8(refusal >> 8) && body[1] == UInt8(refusal & 0xff)
        try self.init(body, version: isRefusal ? 0 : version)
    }
}
