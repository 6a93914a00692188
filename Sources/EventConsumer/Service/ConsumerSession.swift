import EventStore
import Events
import KafkaClient
import Telemetry
import Transport

/// One run of the consumer, on one loop: from finding the topic to leaving the group.
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
    private let watch: ConsumerWatch
    /// Whether it has begun to read, and ends with a batch.
    private var isReading = false
    /// Whether what could not be applied so far is given up, to begin again.
    private var isOver = false

    init(_ service: EventConsumer, on loop: EventLoop) {
        self.service = service
        self.loop = loop
        configuration = service.configuration
        store = EventStore(configuration.store, on: loop)
        var letters = ProducerConfiguration(configuration.kafka)
        // Larger than any letter: what its topic does not take, the broker says.
        letters.maxRequestBytes = 2 * DeadLetter.wholeLimit
        producer = KafkaProducer(letters, on: loop)
        deadLetters = DeadLetters(
            producer: producer, topic: configuration.topic.deadLetterName, source: configuration.topic.name,
            log: service.log)
        assignment = Assignment(cacheBytes: configuration.cacheBytes, on: loop)
        var reading = ConsumerConfiguration(
            configuration.kafka, source: .group(configuration.groupID, topics: [configuration.topic.name]))
        reading.instanceID = configuration.groupInstanceID
        // A member that died is missed after this long; heartbeats come from the loop, which nothing blocks.
        reading.sessionTimeout = .seconds(10)
        reading.prefetchBytes = configuration.prefetchBytes
        reading.fetchMaxBytes = min(reading.fetchMaxBytes, configuration.prefetchBytes)
        consumer = KafkaConsumer(reading, on: loop, listener: assignment)
        watch = ConsumerWatch(
            service, store: store, producer: producer, consumer: consumer, assignment: assignment, on: loop)
    }

    /// What a run ended for.
    enum End {
        /// The service was told to stop.
        case stopped
        /// The topic is another one than at the start, or is to be read from its beginning: begin again.
        case topicChanged
    }

    /// Runs until the service is told to stop, or the topic changes.
    func run() async throws -> End {
        do {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await self.producer.run() }
                tasks.addTask {
                    try await self.loop.run { try await self.work() }
                    throw Finished()
                }
                tasks.addTask { try await self.loop.run { try await self.watchForStop() } }
                tasks.addTask { try await self.watch.dependencies() }
                tasks.addTask { try await self.announce() }
                tasks.addTask {
                    let label = "\(self.loop.index)"
                    try await self.store.showConnections(in: self.service.metrics.registry, label: label)
                }
                for try await _ in tasks {}
            }
        } catch is Finished {
            // The group has cancelled the others and waited for them.
        } catch is TopicChanged {
            await store.close()
            return .topicChanged
        }
        await store.close()
        return .stopped
    }

    /// The work is done; what runs beside it may end.
    private struct Finished: Error {}

    /// The service was told to stop while something was tried again and again.
    private struct Stopped: Error {}

    /// What is recorded of the topic is not what it was at the start.
    private struct TopicChanged: Error {}

    /// Ends the run where the work does not end by itself once it is told to: while it waits for ClickHouse or Kafka at
    /// the start, or for a broker that is away at the end.
    private func watchForStop() async throws {
        while !service.isStopping { try await loop.sleep(for: .milliseconds(100)) }
        if isReading { try await loop.sleep(for: Self.patience) }
        throw Finished()
    }

    private static let patience = Duration.seconds(15)

    private func work() async throws {
        service.readiness.set("topic", problem: "looked for once the database's schema is there")
        service.readiness.set("schema", problem: "not known yet")
        try await store.waitForSchema()
        service.readiness.set("schema", problem: nil)
        let topic = try await topic()
        service.readiness.set("topic", problem: nil)
        service.log.info(
            "reading", metadata: [.topic: topic.name, .count: topic.partitions, "epoch": topic.epoch])
        let (consumer, producer) = (consumer, producer)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await consumer.run() }
            tasks.addTask {
                let end: any Error
                do {
                    try await self.loop.run { try await self.applyAll(topic) }
                    end = Finished()
                } catch {
                    // What could not be applied is applied by whoever comes next.
                    end = error is Stopped ? Finished() : error
                }
                try await self.loop.run { self.assignment.end() }
                await consumer.close()
                await producer.close()
                throw end
            }
            tasks.addTask { try await self.loop.run { try await self.watchTopic(topic) } }
            tasks.addTask { try await self.watch.lag() }
            do {
                for try await _ in tasks {}
            } catch is TopicChanged {
                // Leaves the group in order: who goes back to the beginning waits for that.
                isOver = true
                assignment.end()
                await consumer.close()
                throw TopicChanged()
            }
        }
    }

    // MARK: The topic

    /// The topic as it is recorded, made where it is missing.
    private func topic() async throws -> TopicRecord {
        let admin = KafkaAdmin(configuration.kafka, on: loop)
        let setup = TopicSetup(configuration: configuration, store: store, admin: admin, log: service.log)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await admin.run() }
            var topic: TopicRecord?
            try await retrying("the topic is not ready", "topic") {
                topic = try await setup.record(try await setup.findOrMake())
            }
            await admin.close()
            for try await _ in tasks {}
            guard let topic else {
                throw KafkaError(.unknownTopic, "there is no topic", topic: configuration.topic.name)
            }
            return topic
        }
    }

    /// Ends the run where the topic is to be read from its beginning, or the database is another one than before, while there
    /// are no batches that would notice; and where the topic is another one, or has other partitions.
    private func watchTopic(_ topic: TopicRecord) async throws {
        while true {
            try await loop.sleep(for: .seconds(2))
            if let found = consumer.onLoop.topicDescription(topic.name), !topic.isThat(found) {
                service.log.warning("the topic has changed: beginning again", metadata: [.topic: topic.name])
                throw TopicChanged()
            }
            do {
                try await checkRecord(topic)
            } catch is EventStoreError {
                // Said by those who need the database; what it knows is looked at once it is back.
            }
        }
    }

    /// Checks that the database still records the topic as it did at the start: another one may have taken its place.
    ///
    /// - Throws: `TopicChanged`, `EventStoreError`.
    private func checkRecord(_ topic: TopicRecord) async throws {
        guard try await !store.topics().contains(topic) else { return }
        service.log.warning(
            "what the database records of the topic has changed: beginning again", metadata: [.topic: topic.name])
        throw TopicChanged()
    }

    // MARK: Batches

    private func applyAll(_ topic: TopicRecord) async throws {
        isReading = true
        let collector = BatchCollector(configuration, consumer, assignment, topic: topic)
        service.readiness.set("batches", problem: nil)
        while !service.isStopping {
            try Task.checkCancellation()
            // Whatever comes of a batch: whoever waits for its partitions need not wait any longer.
            defer { assignment.settle() }
            if let batch = try await next(from: collector) { try await apply(batch, of: topic) }
            await commit()
        }
        // Once more, where the last one failed: what is committed is not applied again.
        await commit()
    }

    /// Tells whoever asks how the pipeline fares.
    private func announce() async throws {
        let metrics = service.metrics
        try await store.announce(
            "consumer", version: configuration.version, counted: { metrics.applied.value },
            lagSeconds: { Int(exactly: metrics.lagSeconds.value) ?? 0 })
    }

    private func next(from collector: BatchCollector) async throws -> OperationBatch? {
        do {
            return try await collector.next(isStopping: { self.service.isStopping })
        } catch is BatchCollector.AnotherTopic {
            service.log.warning(
                "the topic was made again: beginning again", metadata: [.topic: configuration.topic.name])
            throw TopicChanged()
        }
    }

    /// Applies a batch, and tries again until it is done: nothing is skipped. The group hears heartbeats meanwhile. A batch of
    /// partitions that were all taken away meanwhile is for those who have them.
    private func apply(_ batch: OperationBatch, of topic: TopicRecord) async throws {
        watch.meter.observe(held: batch.oldest)
        let start = ContinuousClock.now
        let trace = BatchTrace(batch)
        let applier = BatchApplier(
            store: store, insertBytes: configuration.insertBytes, trace: trace.context,
            insertSeconds: service.metrics.insertSeconds)
        var result: BatchResult?
        var lettersDone: Set<Int> = []
        try await retrying("a batch could not be applied", "batches") {
            guard self.assignment.leases.holds(batch) else { return }
            if result == nil {
                // In an empty database every event would be new, and an old one made again.
                try await self.checkRecord(topic)
                result = try await applier.apply(batch, known: self.assignment.leases.knownRows(of: batch)) {
                    rows, batch in self.keep(rows, of: batch)
                }
            }
            try await self.deadLetters.send(batch.deadLetters, done: &lettersDone)
        }
        for (partition, offset) in batch.offsets {
            assignment.leases.applied(partition, lease: batch.leases[partition], before: offset)
        }
        guard let result else { return }
        service.metrics.batchSizes.record(Double(batch.count))
        service.metrics.batchSeconds.record(ContinuousClock.now - start)
        trace.ended(
            configuration.spans, topic: configuration.topic.name, group: configuration.groupID, count: batch.count)
        watch.meter.observe(appliedBatch: batch.offsets, newest: batch.newest, now: WallClock.milliseconds)
        service.metrics.count(result, deadLetters: batch.deadLetters.count)
        service.metrics.cachedBytes.set(assignment.leases.cache.bytes)
        for letter in batch.deadLetters.prefix(10) {
            service.log.warning(
                "message put aside",
                metadata: [
                    .topic: configuration.topic.name, "partition": letter.partition, "offset": letter.offset,
                    .error: letter.reason,
                ])
        }
    }

    private func keep(_ rows: [Event], of batch: OperationBatch) {
        for row in rows {
            guard let chain = batch.chains[row.id] else { continue }
            assignment.leases.keep(row, partition: chain.partition, lease: batch.leases[chain.partition])
        }
    }

    /// Commits what was applied. Where that fails, it is committed with the next batch, or applied again without effect.
    private func commit() async {
        guard let commit = assignment.leases.dueCommit else { return }
        var offsets: [TopicPartition: Int64] = [:]
        for (partition, offset) in commit.offsets {
            offsets[TopicPartition(configuration.topic.name, partition)] = offset
        }
        do {
            try await consumer.commit(offsets)
            assignment.leases.ended(commit, isCommitted: true)
        } catch {
            assignment.leases.ended(commit, isCommitted: false)
            service.log.notice("offsets were not committed", metadata: [.error: "\(error)"])
        }
    }

    // MARK: Trying again

    /// Does something until it succeeds, with growing waits between; what is permanent is thrown. What stands in the way is
    /// told under that name to whoever asks whether the consumer is ready.
    private func retrying(_ what: String, _ name: String, _ body: () async throws -> Void) async throws {
        var attempts = Attempts(Backoff(limit: .seconds(2)))
        while true {
            let reason: String
            do {
                try await body()
                service.readiness.set(name, problem: nil)
                return
            } catch let error as EventStoreError where !error.isPermanent {
                reason = error.description
            } catch let error as KafkaError where error.code != .cancelled && error.code != .closed {
                reason = error.description
            }
            service.log.warning(what, metadata: [.error: reason])
            service.readiness.set(name, problem: reason)
            if service.isStopping || isOver { throw Stopped() }
            service.metrics.retries.increment()
            try await loop.sleep(for: attempts.failed())
        }
    }
}

extension LogKey {
    static let topic: LogKey = "topic"
}
