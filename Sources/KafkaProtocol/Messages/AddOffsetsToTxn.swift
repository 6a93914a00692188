/// Adds a group's offsets to a transaction.
public struct AddOffsetsToTxnRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = AddOffsetsToTxnResponse

    /// Kafka's `AddOffsetsToTxnRequest`.
    public static let definition = MessageDefinition(.addOffsetsToTxn, versions: 0...4, flexible: 3)

    /// The transactional id.
    public var transactionalID: String = ""

    /// The producer's id; -1 for none.
    public var producerID: Int64 = 0

    /// The producer's epoch; -1 for none.
    public var producerEpoch: Int16 = 0

    /// The group.
    public var groupID: String = ""

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&transactionalID)
        try f.field(&producerID)
        try f.field(&producerEpoch)
        try f.field(&groupID)
    }
}

/// The answer to `AddOffsetsToTxnRequest`.
public struct AddOffsetsToTxnResponse: KafkaResponse {
    /// Kafka's `AddOffsetsToTxnResponse`.
    public static let definition = MessageDefinition(.addOffsetsToTxn, versions: 0...4, flexible: 3)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs)
        try f.field(&errorCode)
    }
}
