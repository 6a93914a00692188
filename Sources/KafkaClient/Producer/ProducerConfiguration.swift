public import KafkaProtocol

/// How a producer batches and delivers.
public struct ProducerConfiguration: Sendable {
    /// What to do with a record when the buffer holds `bufferBytes` already.
    public enum WhenFull: Sendable, Hashable {
        /// Wait until there is room, at most for the delivery timeout.
        case wait
        /// Throw `KafkaError` `.bufferFull`.
        case fail
    }

    /// The cluster.
    public var kafka: KafkaConfiguration

    /// How long a record may wait for others to share its batch.
    public var linger: Duration = .milliseconds(5)

    /// When a batch is full, in bytes before compression.
    public var batchBytes = 256 << 10

    /// How large a request may grow, in bytes; must not be past the brokers' `message.max.bytes`.
    public var maxRequestBytes = 1 << 20

    /// How many requests a broker may have unanswered: 1 to 5, order is kept with any.
    public var maxInFlight = 5

    /// How much may wait for acknowledgement, in bytes before compression.
    public var bufferBytes = 32 << 20

    /// What to do with a record when the buffer is full, unless the call says otherwise.
    public var whenFull: WhenFull = .wait

    /// Where records go that name no partition.
    public var partitioner = Partitioner.murmur2

    /// How batches are compressed.
    public var compression: CompressionType = .lz4

    /// How long a record may take from `send` to its acknowledgement, retries included.
    public var deliveryTimeout: Duration = .seconds(120)

    /// The name under which the producer's transactions are known, the same from one process to the next: a new producer
    /// with it fences off the last one. nil for a producer without transactions; with one, records are sent in
    /// transactions alone.
    public var transactionalID: String?

    /// How long a transaction may be open before its coordinator aborts it; up to the broker's
    /// `transaction.max.timeout.ms`.
    public var transactionTimeout: Duration = .seconds(60)

    /// Makes a configuration; acknowledgement by all replicas and idempotence are not to choose.
    public init(_ kafka: KafkaConfiguration) {
        self.kafka = kafka
    }
}

/// Where a record is in Kafka.
public struct RecordMetadata: Sendable, Hashable {
    /// The partition.
    public var partition: Int32

    /// The record's offset; −1 where the broker has it but no longer says where (a repetition it had already taken).
    public var offset: Int64

    /// Makes a place.
    public init(partition: Int32, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }
}
