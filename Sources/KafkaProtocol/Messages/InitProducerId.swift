/// Gives a producer its id and epoch.
public struct InitProducerIdRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = InitProducerIdResponse

    /// Kafka's `InitProducerIdRequest`.
    public static let definition = MessageDefinition(.initProducerID, versions: 0...6, flexible: 2)

    /// The transactional id; nil for an idempotent producer without transactions.
    public var transactionalID: String? = ""

    /// After how long an open transaction is aborted, in milliseconds.
    public var transactionTimeoutMs: Int32 = 0

    /// The producer's id, to raise its epoch; -1 for a new one.
    public var producerID: Int64 = -1

    /// The producer's epoch, to raise it; -1 for a new one.
    public var producerEpoch: Int16 = -1

    /// Whether the transaction may be prepared and finished later (KIP-939).
    public var enable2Pc: Bool = false

    /// Whether a prepared transaction is kept, not aborted (KIP-939).
    public var keepPreparedTxn: Bool = false

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&transactionalID)
        try f.field(&transactionTimeoutMs)
        try f.field(&producerID, since: 3)
        try f.field(&producerEpoch, since: 3)
        try f.field(&enable2Pc, since: 6)
        try f.field(&keepPreparedTxn, since: 6)
    }
}

/// The answer to `InitProducerIdRequest`.
public struct InitProducerIdResponse: KafkaResponse {
    /// Kafka's `InitProducerIdResponse`.
    public static let definition = MessageDefinition(.initProducerID, versions: 0...6, flexible: 2)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// The producer's id; -1 for none.
    public var producerID: Int64 = -1

    /// The producer's epoch; -1 for none.
    public var producerEpoch: Int16 = 0

    /// The producer id of the prepared transaction; -1 for none.
    public var ongoingTxnProducerID: Int64 = -1

    /// The producer epoch of the prepared transaction; -1 for none.
    public var ongoingTxnProducerEpoch: Int16 = -1

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs)
        try f.field(&errorCode)
        try f.field(&producerID)
        try f.field(&producerEpoch)
        try f.field(&ongoingTxnProducerID, since: 6)
        try f.field(&ongoingTxnProducerEpoch, since: 6)
    }
}
