/// Commits or aborts a transaction.
public struct EndTxnRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = EndTxnResponse

    /// Kafka's `EndTxnRequest`.
    public static let definition = MessageDefinition(.endTxn, versions: 0...5, flexible: 3)

    /// The transactional id.
    public var transactionalID: String = ""

    /// The producer's id; -1 for none.
    public var producerID: Int64 = 0

    /// The producer's epoch; -1 for none.
    public var producerEpoch: Int16 = 0

    /// Whether to commit; else the transaction is aborted.
    public var committed: Bool = false

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&transactionalID)
        try f.field(&producerID)
        try f.field(&producerEpoch)
        try f.field(&committed)
    }
}

/// The answer to `EndTxnRequest`.
public struct EndTxnResponse: KafkaResponse {
    /// Kafka's `EndTxnResponse`.
    public static let definition = MessageDefinition(.endTxn, versions: 0...5, flexible: 3)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// The producer's id; -1 for none.
    public var producerID: Int64 = -1

    /// The producer's epoch; -1 for none.
    public var producerEpoch: Int16 = -1

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs)
        try f.field(&errorCode)
        try f.field(&producerID, since: 5)
        try f.field(&producerEpoch, since: 5)
    }
}
