import KafkaProtocol
public import Transport

/// Reads records from Kafka: as a member of a group, or from given partitions.
///
/// `run()` owns its tasks and must run while it is used; one task reads, and commits what it is done with:
///
///     for try await records in consumer {
///         try records.forEach { record in … }
///         try await consumer.commit([records.partition: records.nextOffset])
///     }
///
/// The sequence ends after `close()`, and never because nothing comes. It may be used from any task and any actor; it lives
/// on one event loop, calls from which cost no hop.
///
/// What is fetched ahead is bounded: a reader that is slow makes fetching pause, and the membership goes on.
public final class KafkaConsumer: Sendable, AsyncSequence {
    let core: ConsumerCore
    let runner: ConsumerRun

    /// The loop that it lives on.
    public let loop: EventLoop

    /// Makes a consumer; nothing is connected before `run()`.
    ///
    /// - Parameter listener: is told when partitions come and go. Without one, the consumer takes a reader that comes
    ///   back to `next` to be done with what it had, and gives partitions away then.
    public init(
        _ configuration: ConsumerConfiguration, on loop: EventLoop, listener: (any ConsumerListener)? = nil
    ) {
        self.loop = loop
        core = ConsumerCore(configuration, on: loop)
        runner = ConsumerRun(core, listener: listener)
    }

    /// Connects, joins and fetches until `close()` or the task's cancellation. Cancelled, it does not leave the group:
    /// its partitions are given to others when the session has passed.
    ///
    /// - Throws: `KafkaError` for what does not get better by trying again, after the partitions were given back and the
    ///   group was left; `next` throws it, too. Only `close()` and cancellation end it without an error.
    @concurrent
    public func run() async throws {
        try await loop.run { try await self.runner.run() }
    }

    /// Gives the partitions back as in a rebalance, leaves the group, and ends `run()`; returns once it has ended, or at
    /// once in a task that is cancelled.
    ///
    /// The listener may take as long as in a rebalance; leaving takes no longer than 5 seconds, whatever the broker does.
    @concurrent
    public func close() async {
        // Only what the body throws is thrown, and it throws nothing.
        try? await loop.run { await self.runner.close() }
    }

    /// The next records, of one partition; nil where none came within `wait`. One task reads at a time.
    ///
    /// - Throws: `KafkaError`: `.closed` after `close()`, `.cancelled`, and what ended `run()`.
    @concurrent
    public func next(wait: Duration = .seconds(1)) async throws -> FetchedRecords? {
        try await loop.run { try await self.core.next(until: .after(wait)) }
    }

    /// Commits offsets: for each partition that of the next record to read. Works while partitions are being revoked, too.
    ///
    /// - Throws: `KafkaError`: `.notAssigned` or `.fenced` where a partition is no longer this consumer's,
    ///   `.rebalanceInProgress` where the group does not take commits at the moment, others where the coordinator
    ///   cannot be reached in time.
    @concurrent
    public func commit(_ offsets: [TopicPartition: Int64]) async throws {
        try await loop.run { try await self.runner.commit(offsets) }
    }

    // MARK: Where it reads

    /// Goes on reading a partition at another offset; where it is paused, it stays so.
    ///
    /// - Throws: `KafkaError` `.notAssigned`.
    @concurrent
    public func seek(_ partition: TopicPartition, to offset: Int64) async throws {
        try await loop.run { try self.core.seek(partition, to: offset) }
    }

    /// Goes on reading partitions at a place that their brokers look up: the oldest record, the end, or the first record of
    /// some time, which is the end where there is none as late.
    ///
    /// - Throws: `KafkaError`: `.notAssigned`, then none is moved; others where the brokers cannot be asked.
    @concurrent
    public func seek(_ partitions: [TopicPartition], to place: OffsetPlace) async throws {
        try await loop.run { try await self.core.seek(partitions, to: place) }
    }

    /// Stops fetching partitions until `resume`; what was fetched is still given out.
    @concurrent
    public func pause(_ partitions: [TopicPartition]) async throws {
        try await loop.run { self.core.pause(partitions, true) }
    }

    /// Goes on fetching partitions.
    @concurrent
    public func resume(_ partitions: [TopicPartition]) async throws {
        try await loop.run { self.core.pause(partitions, false) }
    }

    /// The offsets that the group has committed; partitions without one are missing.
    ///
    /// - Throws: `KafkaError`: `.configuration` where the consumer has no group.
    @concurrent
    public func committed(_ partitions: [TopicPartition]) async throws -> [TopicPartition: Int64] {
        try await loop.run { try await self.runner.committed(partitions) }
    }

    /// Where the partitions that are read now end at this moment: behind the newest record that may be read. Where there are
    /// none, a broker is asked all the same: that it answers shows that Kafka is there. All leaders are asked at once, in one
    /// request each.
    ///
    /// - Throws: `KafkaError`: of a partition that failed, once all leaders have answered or failed.
    @concurrent
    public func endOffsets() async throws -> [TopicPartition: Int64] {
        try await loop.run {
            if self.core.states.isEmpty { _ = try await self.core.cluster.callAny(MetadataRequest { $0.topics = [] }) }
            return try await self.core.cluster.offsets(
                of: self.core.states.keys, at: .latest, isolation: self.core.configuration.isolation)
        }
    }

    // MARK: How it is

    /// The partitions that are this consumer's: those of a group from their assignment until they are lost, or until
    /// `ConsumerListener.revoking` has returned. While they are revoked, nothing of them is given out any more, and their
    /// offsets can still be committed.
    public var assignment: [TopicPartition] {
        get async { await look(otherwise: []) { $0.assignment } }
    }

    /// For each partition the offset behind the last record that the reader was given: where it begins, before the first.
    public var positions: [TopicPartition: Int64] {
        get async { await look(otherwise: [:]) { $0.positions } }
    }

    /// How many records of each partition wait in Kafka behind what the reader was given; partitions of which that is
    /// not known yet are missing.
    public var lag: [TopicPartition: Int64] {
        get async { await look(otherwise: [:]) { $0.lag } }
    }

    /// Why nothing can be read now; nil while it is a member of a generation of its group, or reads the partitions that it
    /// was given.
    ///
    /// It names what `run()` failed with, or `.closed`; else since when it is no member, and the last reason that joining
    /// failed with, if it did: the coordinator not available, say. A member whose committed offsets cannot be learnt has a
    /// problem, too. A rebalance is one for as long as it takes: `.rebalanceInProgress`.
    public var membershipProblem: KafkaError? {
        get async { await look(otherwise: .loopEnded) { $0.membershipProblem } }
    }

    /// A topic as the consumer's newest metadata tells of it; nil where it does not, or tells that there is none.
    public func topicDescription(_ name: String) async -> TopicDescription? {
        await look(otherwise: nil) { $0.topicDescription(name) }
    }

    /// Whether a broker is connected.
    public var isConnected: Bool {
        get async { await look(otherwise: false) { $0.isConnected } }
    }

    @concurrent
    private func look<Value: Sendable>(
        otherwise ended: Value, _ body: @Sendable (OnLoop) -> Value
    ) async -> Value {
        // The loop's end is all that can be thrown.
        (try? await loop.run { body(onLoop) }) ?? ended
    }

    // MARK: The sequence

    /// The records, as they come: the sequence ends after `close()`. One task reads at a time.
    public func makeAsyncIterator() -> Iterator { Iterator(consumer: self) }

    /// Gives the records one fetch after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let consumer: KafkaConsumer

        /// The next records of one partition, whenever they come; nil after `close()`.
        ///
        /// - Throws: `KafkaError`: `.cancelled`, and what ended `run()`.
        @concurrent
        public func next() async throws -> FetchedRecords? {
            do {
                return try await consumer.loop.run { try await consumer.core.next(until: .never) }
            } catch let error as KafkaError where error.code == .closed {
                return nil
            }
        }
    }
}
