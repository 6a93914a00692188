import Bytes
import EventStore
import Events
import KafkaClient
import Telemetry
import Transport

/// What the requests of one loop share: the loop's own producer and ClickHouse connections.
///
/// - Safety: `Sendable` though it holds changing state: that is touched on the loop's thread alone.
final class LoopServices: @unchecked Sendable {
    let configuration: EventAPIConfiguration
    let loop: EventLoop
    let producer: KafkaProducer
    let store: EventStore
    /// Reads single events.
    let reads: EventReads
    /// Where events stand: known from their creation on, by all loops.
    let places: StoredPlaceCache
    let metrics: APIMetrics
    let readiness: Readiness
    /// Who may do what.
    let access: Access
    /// How the pipeline fares.
    let status: StatusReader
    /// Events as they are accepted.
    let live: LiveFeed

    /// Whether the producer knows the topic.
    var hasTopic = false
    /// Whether the database has the schema that this program works with.
    var hasSchema = false

    init(
        _ configuration: EventAPIConfiguration, on loop: EventLoop, metrics: APIMetrics, readiness: Readiness,
        places: StoredPlaceCache, access: Access, live: LiveFeed
    ) {
        self.configuration = configuration
        self.loop = loop
        self.metrics = metrics
        self.readiness = readiness
        self.access = access
        self.live = live
        var producer = ProducerConfiguration(configuration.kafka)
        producer.linger = configuration.linger
        producer.bufferBytes = configuration.bufferBytes
        producer.whenFull = .fail
        producer.deliveryTimeout = configuration.acknowledgementTimeout
        // An operation holds a body and little more. The topic may take less; then Kafka says so.
        producer.maxRequestBytes = max(producer.maxRequestBytes, configuration.maximumBody + 65_536)
        self.producer = KafkaProducer(producer, on: loop)
        store = EventStore(configuration.store, on: loop)
        reads = EventReads(store, places: places)
        status = StatusReader(configuration, store, on: loop)
        self.places = places
    }

    /// Whether an operation has a chance to reach Kafka now. On the loop only.
    var canPublish: Bool { hasTopic && producer.onLoop.isConnected }

    /// Why this loop's producer cannot reach Kafka, or what it waits for; nil where it can. On the loop only.
    var producerProblem: String? {
        if !hasTopic { return "the topic '\(configuration.topic.name)' is not known yet" }
        return producer.onLoop.problem?.description
    }

    /// A create was accepted: where the event will stand is known.
    func accepted(_ draft: EventDraft, of body: RawSpan, id: EventID, at time: Timestamp) {
        guard draft.kind == .create, let conversation = draft.plainConversationID(in: body) else { return }
        places.note(body.extracting(conversation), createdAt: draft.createdAt ?? time, of: id)
    }

    /// What is wrong with a dependency, as far as is known; nil where nothing is.
    func problem(of name: String) -> String? { readiness.snapshot.problem(of: name) }
}
