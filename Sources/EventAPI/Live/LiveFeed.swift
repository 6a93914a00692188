import Bytes
import Events
import HTTP
import KafkaClient
import KafkaProtocol
import Synchronization
import Telemetry
import Transport

/// Reads the topic's end while there are readers, and gives each the creates that it wants.
final class LiveFeed: Sendable {
    private let configuration: EventAPIConfiguration
    private let loop: EventLoop
    private let log = Logger(label: "api.live")
    private let state = Mutex(State())
    private let someone: LoopSignal

    private struct State {
        var readers: [ObjectIdentifier: LiveReader] = [:]
        /// Whether whatever is accepted from now on is read.
        var isReading = false
        var hasEnded = false
    }

    /// The most readers at once.
    static let mostReaders = 1_000
    /// How long a reader waits for Kafka, before it is told to try again.
    private static let patience = Duration.seconds(5)

    init(_ configuration: EventAPIConfiguration, on loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
        someone = LoopSignal(on: loop)
    }

    /// Adds a reader, who gets what is accepted from when this returns on.
    ///
    /// - Throws: `HTTPError` 503 where there are too many, Kafka does not answer, or the API stops.
    func join(_ reader: LiveReader) async throws {
        let refusal: String? = state.withLock { state in
            if state.hasEnded { return "the API is stopping: try again" }
            if state.readers.count >= Self.mostReaders { return "too many read live events: try again" }
            state.readers[ObjectIdentifier(reader)] = reader
            return nil
        }
        if let refusal { throw HTTPError.unavailable(refusal, retryAfter: 5) }
        loop.execute { self.someone.signal() }
        let deadline = Deadline.after(Self.patience)
        while !state.withLock({ $0.isReading }) {
            guard !deadline.hasPassed else {
                leave(reader)
                throw HTTPError.unavailable("Kafka cannot be read: try again", retryAfter: 5)
            }
            do { try await Task.sleep(for: .milliseconds(5)) } catch {
                leave(reader)
                throw error
            }
        }
    }

    /// Takes a reader out.
    func leave(_ reader: LiveReader) {
        state.withLock { _ = $0.readers.removeValue(forKey: ObjectIdentifier(reader)) }
    }

    /// Ends what all readers read: the API stops.
    func end() {
        let readers = state.withLock { state in
            state.hasEnded = true
            return Array(state.readers.values)
        }
        for reader in readers { reader.end() }
    }

    private var hasReaders: Bool { state.withLock { !$0.readers.isEmpty } }

    /// Reads whenever there are readers, until the task is cancelled.
    func run() async throws {
        try await loop.run {
            var attempts = Attempts(Backoff(limit: .seconds(2)))
            while true {
                while !self.hasReaders { try await self.someone.wait() }
                do {
                    try await self.read { attempts = Attempts(Backoff(limit: .seconds(2))) }
                } catch let error as KafkaError where error.code != .cancelled {
                    self.log.warning("live events cannot be read", metadata: [.error: error])
                    try await self.loop.sleep(for: attempts.failed())
                }
            }
        }
    }

    /// Reads until there are no readers. What is accepted while Kafka was away is read once it is back.
    private func read(began: () -> Void) async throws {
        let topic = configuration.topic.name
        let partitions = try await partitions(of: topic)
        var consumer = ConsumerConfiguration(configuration.kafka, source: .partitions(partitions, group: nil))
        consumer.offsetReset = .latest
        consumer.fetchMaxBytes = 1 << 20
        consumer.prefetchBytes = 4 << 20
        let reading = KafkaConsumer(consumer, on: loop)
        // Not a child task: it is ended by `close`, and awaited below.
        let running = Task { try await reading.run() }
        defer {
            state.withLock { $0.isReading = false }
            running.cancel()
        }
        var isReading = false
        while hasReaders {
            // Partitions are the consumer's once it knows from where on to read them.
            if !isReading, await reading.assignment.count == partitions.count {
                isReading = true
                state.withLock { $0.isReading = true }
                began()
            }
            let records = try await reading.next(wait: .milliseconds(isReading ? 500 : 5))
            if let records { try give(records) }
        }
        await reading.close()
    }

    private func partitions(of topic: String) async throws -> [TopicPartition] {
        let admin = KafkaAdmin(configuration.kafka, on: loop)
        let running = Task { try await admin.run() }
        defer { running.cancel() }
        guard let found = try await admin.describeTopics([topic])[topic] else {
            throw KafkaError(.unknownTopic, "there is no topic", topic: topic)
        }
        await admin.close()
        return (0..<Int32(found.partitionCount)).map { TopicPartition(topic, $0) }
    }

    private func give(_ records: FetchedRecords) throws {
        let readers = state.withLock { Array($0.readers.values) }
        try records.forEach { record in
            // What cannot be read is the consumer's business: it becomes a dead letter.
            guard let value = record.value, let operation = try? EventOperation(message: value),
                operation.kind == .create
            else { return }
            let fields = operation.fields
            let takers = readers.filter {
                $0.filter.takes(
                    name: fields.eventName ?? .empty, conversationID: fields.conversationID ?? .empty,
                    error: fields.error ?? .empty)
            }
            if takers.isEmpty { return }
            let event = operation.liveEvent()
            for taker in takers { taker.add(event) }
        }
        for reader in readers { reader.wake() }
    }
}
