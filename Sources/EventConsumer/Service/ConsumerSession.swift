import EventStore
import Events
import KafkaClient
import KafkaProtocol
import Telemetry
import Transport

/// One run of the consumer, on one loop.
///
/// - Safety: `Sendable` though it holds changing state: that is touched on the loop's thread alone.
final class ConsumerSession: @unchecked Sendable {
    private let service: EventConsumer
    private let configuration: EventConsumerConfiguration
    private let loop: EventLoop
    private let store: EventStore
    private let producer: KafkaProducer
    private let assignment: Assignment
    private let consumer: KafkaConsumer
    private let deadLetters: DeadLetters
    /// What was applied and not committed yet.
    private var uncommitted: [TopicPartition: Int64] = [:]
    /// Whether it has begun to read, and ends with a batch.
    private var isReading = false

    init(_ service: EventConsumer, on loop: EventLoop) {
        self.service = service
        self.loop = loop
        configuration = service.configuration
        store = EventStore(configuration.store, on: loop)
        var letters = ProducerConfiguration(configuration.kafka)
        letters.maxRequestBytes = 16 << 20
        producer = KafkaProducer(letters, on: loop)
        deadLetters = DeadLetters(
            producer: producer, topic: configuration.deadLetterTopic, source: configuration.topic)
        assignment = Assignment(cacheBytes: configuration.cacheBytes, on: loop)
        var reading = ConsumerConfiguration(
            configuration.kafka, source: .group(configuration.groupID, topics: [configuration.topic]))
        reading.instanceID = configuration.groupInstanceID
        // A member that died is missed after this long; heartbeats come from the loop, which nothing blocks.
        reading.sessionTimeout = .seconds(10)
        consumer = KafkaConsumer(reading, on: loop, listener: assignment)
    }

    /// Runs until the service is told to stop.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await self.producer.run() }
            tasks.addTask {
                try await self.loop.run { try await self.work() }
                throw Finished()
            }
            tasks.addTask { try await self.loop.run { try await self.watchForStop() } }
            do {
                for try await _ in tasks {}
            } catch is Finished {
                tasks.cancelAll()
            }
        }
    }

    /// The work is done; what runs beside it may end.
    private struct Finished: Error {}

    /// The service was told to stop while something was tried again and again.
    private struct Stopped: Error {}

    /// Ends the run where the work does not end by itself once it is told to: while it waits for ClickHouse or Kafka at
    /// the start, or for a broker that is away at the end.
    private func watchForStop() async throws {
        while !service.isStopping { try await loop.sleep(for: .milliseconds(100)) }
        if isReading { try await loop.sleep(for: Self.patience) }
        throw Finished()
    }

    private static let patience = Duration.seconds(15)

    private func work() async throws {
        try await store.waitForSchema()
        let topic = try await topic()
        let epoch = try await epoch(of: topic)
        service.log.info(
            "reading", metadata: [.topic: topic.name, .count: topic.partitionCount, "epoch": epoch])
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await self.consumer.run() }
            tasks.addTask {
                do {
                    try await self.loop.run { try await self.applyAll(epoch: epoch) }
                } catch is Stopped {
                    // What could not be applied is applied by whoever comes next.
                }
                await self.consumer.close()
                await self.producer.close()
            }
            for try await _ in tasks {}
        }
    }

    // MARK: The topic

    /// The topic, made where it is missing, and the one for dead letters.
    private func topic() async throws -> TopicDescription {
        let admin = KafkaAdmin(configuration.kafka, on: loop)
        let names = [configuration.topic, configuration.deadLetterTopic]
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await admin.run() }
            var found: TopicDescription?
            try await retrying("the topic is not ready") {
                let topics = try await admin.describeTopics(names)
                found = topics[self.configuration.topic]
                var missing: [NewTopic] = []
                if found == nil {
                    missing.append(
                        NewTopic(
                            self.configuration.topic, partitions: Int32(self.configuration.partitions),
                            settings: self.topicSettings))
                }
                if topics[self.configuration.deadLetterTopic] == nil {
                    missing.append(
                        NewTopic(self.configuration.deadLetterTopic, partitions: 1, settings: self.topicSettings))
                }
                guard !missing.isEmpty else { return }
                try await admin.createTopics(missing)
                if found == nil { throw KafkaError(.unknownTopic, "the topic was made just now", isRetriable: true) }
            }
            await admin.close()
            for try await _ in tasks {}
            guard let found else { throw KafkaError(.unknownTopic, "there is no topic", topic: configuration.topic) }
            return found
        }
    }

    /// Room for operations with the largest bodies, and for dead letters with their headers: Kafka's own default is
    /// about a mebibyte.
    private let topicSettings = ["max.message.bytes": String(16 << 20)]

    /// The topic's epoch, as it is written down.
    private func epoch(of topic: TopicDescription) async throws -> UInt16 {
        var epoch: UInt16 = 0
        try await retrying("the recorded topic is not known") {
            let found = TopicRecord(
                id: EventID(high: topic.id.high, low: topic.id.low), name: topic.name, epoch: 1,
                partitions: UInt32(clamping: topic.partitionCount))
            let (record, isNew) = try TopicPlace.decide(
                found, recorded: try await self.store.topics(), database: self.configuration.store.database)
            if isNew { try await self.store.record(record) }
            epoch = record.epoch
        }
        return epoch
    }

    // MARK: Batches

    private func applyAll(epoch: UInt16) async throws {
        isReading = true
        service.becameReady()
        while !service.isStopping {
            try Task.checkCancellation()
            guard let (batch, generations) = try await collect(epoch: epoch) else {
                await commit()
                continue
            }
            defer { assignment.release() }
            try await apply(batch, generations)
            for (partition, offset) in batch.offsets { uncommitted[partition] = offset }
            await commit()
            service.metrics.lag.set(Int(consumer.lag.values.reduce(0, +)))
            service.metrics.cachedBytes.set(assignment.cache.bytes)
        }
        await commit()
    }

    /// The next operations; nil where none came for a while.
    private func collect(epoch: UInt16) async throws -> (OperationBatch, [Int32: Int])? {
        var batch = OperationBatch(epoch: epoch)
        var generations: [Int32: Int] = [:]
        var deadline = Deadline.after(.milliseconds(250))
        while batch.count < configuration.batchSize, batch.bytes < configuration.batchBytes, !service.isStopping {
            let wait = deadline.remaining
            guard wait > .zero, let records = try await consumer.next(wait: wait) else { break }
            if batch.isEmpty { deadline = .after(configuration.flushInterval) }
            let partition = records.partition.partition
            generations[partition] = assignment.hold(partition)
            try batch.append(records)
            if assignment.isRevoking { break }
        }
        return batch.isEmpty ? nil : (batch, generations)
    }

    /// Applies a batch, and tries again until it is done: nothing is skipped. The group hears heartbeats meanwhile.
    private func apply(_ batch: OperationBatch, _ generations: [Int32: Int]) async throws {
        let applier = BatchApplier(store: store, insertBytes: configuration.insertBytes)
        var result = BatchResult()
        try await retrying("a batch could not be applied") {
            result = try await applier.apply(batch, cached: { self.assignment.cache[$0] }) { rows, batch in
                for row in rows {
                    guard let chain = batch.chains[row.id] else { continue }
                    self.assignment.keep(row, partition: chain.partition, generation: generations[chain.partition] ?? 0)
                }
            }
            try await self.deadLetters.send(batch.deadLetters)
        }
        service.metrics.count(result, deadLetters: batch.deadLetters.count)
        for letter in batch.deadLetters.prefix(10) {
            service.log.warning(
                "message put aside",
                metadata: [
                    .topic: configuration.topic, "partition": letter.partition, "offset": letter.record.offset,
                    .error: letter.reason,
                ])
        }
    }

    /// Commits what was applied. Where that fails, it is committed with the next batch, or applied again without effect.
    private func commit() async {
        let assigned = Set(consumer.assignment)
        uncommitted = uncommitted.filter { assigned.contains($0.key) }
        guard !uncommitted.isEmpty else { return }
        do {
            try await consumer.commit(uncommitted)
            uncommitted = [:]
        } catch {
            service.log.notice("offsets were not committed", metadata: [.error: "\(error)"])
        }
    }

    // MARK: Trying again

    /// Does something until it succeeds, with growing waits between; what is permanent is thrown.
    private func retrying(_ what: String, _ body: () async throws -> Void) async throws {
        var wait = Duration.milliseconds(100)
        while true {
            do {
                return try await body()
            } catch let error as EventStoreError where !error.isPermanent {
                service.log.warning(what, metadata: [.error: error])
            } catch let error as KafkaError where error.code != .cancelled && error.code != .closed {
                service.log.warning(what, metadata: [.error: error])
            }
            if service.isStopping { throw Stopped() }
            service.metrics.retries.increment()
            try await loop.sleep(for: wait)
            wait = min(wait * 2, .seconds(2))
        }
    }
}

extension LogKey {
    static let topic: LogKey = "topic"
}
