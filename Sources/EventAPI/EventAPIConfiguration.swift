public import Dashboard
public import EventStore
public import Events
public import KafkaClient
public import Telemetry
public import Transport

/// What the API is set to.
public struct EventAPIConfiguration: Sendable {
    /// Where it listens.
    public var endpoint: Endpoint

    /// TLS to speak; nil for plain HTTP.
    public var tls: TLSConfiguration?

    /// The Kafka cluster.
    public var kafka: KafkaConfiguration

    /// The topic of the operations; made where it is missing.
    public var topic = EventTopic()

    /// The ClickHouse that reads go to.
    public var store: EventStoreConfiguration

    /// The names that events may have.
    public var eventNames = EventNames(["event_a", "event_b", "event_c"])

    /// The largest body, in bytes; up to `EventTopic.maximumBody`.
    public var maximumBody = 1_048_576

    /// Whether spans become events that have nothing to do with generative models.
    public var takesAllSpans = false

    /// The largest body with many operations, in bytes; each of them may have `maximumBody`.
    public var maximumBatch = 16 << 20

    /// How many operations there may be in one request.
    public var maximumBatchItems = 10_000

    /// How long Kafka may take to acknowledge an operation; past it the client is told to try again.
    public var acknowledgementTimeout = Duration.seconds(10)

    /// How many bytes may wait for Kafka's acknowledgement, on each loop; past it clients are told to try again.
    public var bufferBytes = 32 << 20

    /// How long a batch waits for more operations.
    public var linger = Duration.milliseconds(2)

    /// How long requests may go on once the API is told to stop.
    public var drainTimeout = Duration.seconds(10)

    /// The consumers' group, for what is said of their lag.
    public var groupID = "event-consumer-group"

    /// The program's version.
    public var version = "unknown"

    /// The keys that are let in; nil lets everybody in.
    public var keys: APIKeys?

    /// Reads the keys again, when the API is told to; nil where they are fixed.
    public var readKeys: (@Sendable () throws -> APIKeys)?

    /// How many events a second each client may write, by its key, else by its address; nil for any number.
    public var eventsPerSecond: Int?

    /// Where the spans of requests go whose clients record their traces; nil where none are recorded here.
    public var spans: SpanQueue?

    /// The pages for browsers.
    public var dashboard = Dashboard.embedded

    /// Makes a configuration.
    public init(endpoint: Endpoint, kafka: KafkaConfiguration, store: EventStoreConfiguration) {
        self.endpoint = endpoint
        self.kafka = kafka
        self.store = store
    }
}
