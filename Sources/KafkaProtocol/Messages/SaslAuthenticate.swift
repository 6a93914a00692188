public import Bytes

/// Carries a step of a SASL exchange.
public struct SaslAuthenticateRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = SaslAuthenticateResponse

    /// Kafka's `SaslAuthenticateRequest`.
    public static let definition = MessageDefinition(.saslAuthenticate, versions: 0...2, flexible: 2)

    /// What the SASL mechanism sends.
    public var authBytes: ByteSlice = .empty

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&authBytes)
    }
}

/// The answer to `SaslAuthenticateRequest`.
public struct SaslAuthenticateResponse: KafkaResponse {
    /// Kafka's `SaslAuthenticateResponse`.
    public static let definition = MessageDefinition(.saslAuthenticate, versions: 0...2, flexible: 2)

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// What the broker says about the error, if anything.
    public var errorMessage: String? = ""

    /// What the SASL mechanism sends.
    public var authBytes: ByteSlice = .empty

    /// After how long the client must authenticate again, in milliseconds; 0 for never.
    public var sessionLifetimeMs: Int64 = 0

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&errorCode)
        try f.field(&errorMessage)
        try f.field(&authBytes)
        try f.field(&sessionLifetimeMs, since: 1)
    }
}
