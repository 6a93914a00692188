public import EventStore
public import Events
public import KafkaClient
public import Telemetry
public import Transport

/// What the consumer is set to.
public struct EventConsumerConfiguration: Sendable {
    /// The Kafka cluster.
    public var kafka: KafkaConfiguration

    /// The ClickHouse that rows go to.
    public var store: EventStoreConfiguration

    /// The topic of the operations, made where it is missing.
    public var topic = EventTopic()

    /// The group whose members share the partitions.
    public var groupID = "event-consumer-group"

    /// This member's name, where it is to stay the same when its process is started again (KIP-345): the group then
    /// goes on at once, and does not wait for the dead process's session to end. Different for each process.
    public var groupInstanceID: String?

    /// The program's version.
    public var version = "unknown"

    /// About how many operations are applied together.
    public var batchSize = 10_000

    /// About how many bytes of messages are applied together, decompressed.
    public var batchBytes = 16 << 20

    /// How many bytes a record batch of Kafka's may have when it is decompressed: a larger one is put aside.
    public var decompressedLimit = 64 << 20

    /// How many bytes are fetched ahead, as they are on the wire.
    public var prefetchBytes = 8 << 20

    /// How long an operation may wait for others to be applied with.
    public var flushInterval = Duration.milliseconds(200)

    /// How many bytes of rows that were written lately are kept, so that they need not be read again.
    public var cacheBytes = 64 << 20

    /// How many bytes of rows are written at once.
    public var insertBytes = 16 << 20

    /// Where the page with the metrics is; nil for none.
    public var metricsEndpoint: Endpoint?

    /// Where the spans of messages go whose callers record their traces; nil where none are recorded here.
    public var spans: SpanQueue?

    /// Makes a configuration.
    public init(kafka: KafkaConfiguration, store: EventStoreConfiguration) {
        self.kafka = kafka
        self.store = store
    }
}
