/// Chooses a SASL mechanism.
public struct SaslHandshakeRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = SaslHandshakeResponse

    /// Kafka's `SaslHandshakeRequest`.
    public static let definition = MessageDefinition(.saslHandshake, versions: 0...1)

    /// The SASL mechanism.
    public var mechanism: String = ""

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&mechanism)
    }
}

/// The answer to `SaslHandshakeRequest`.
public struct SaslHandshakeResponse: KafkaResponse {
    /// Kafka's `SaslHandshakeResponse`.
    public static let definition = MessageDefinition(.saslHandshake, versions: 0...1)

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// The SASL mechanisms that the broker offers.
    public var mechanisms: [String] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&errorCode)
        try f.field(&mechanisms)
    }
}
