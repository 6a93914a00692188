import KafkaProtocol
public import Transport

/// Reads records from Kafka: as a member of a group, or from given partitions.
///
/// It belongs to one event loop. `run()` owns its tasks and must run while it is used; one task reads with `next` and
/// commits what it is done with:
///
///     while let records = try await consumer.next(wait: .seconds(1)) {
///         try records.forEach { record, offset in … }
///         try await consumer.commit([records.partition: records.nextOffset])
///     }
///
/// What is fetched ahead is bounded: a reader that is slow makes fetching pause, and the membership goes on.
public final class KafkaConsumer: Sendable {
    let core: ConsumerCore
    let runner: ConsumerRun

    /// The loop that it belongs to.
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
    public func run() async throws {
        try await loop.run { try await self.runner.run() }
    }

    /// Gives the partitions back as in a rebalance, leaves the group, and ends `run()`; returns once it has ended, or at
    /// once in a task that is cancelled.
    ///
    /// The listener may take as long as in a rebalance; leaving takes no longer than 5 seconds, whatever the broker does.
    public func close() async {
        // Only what the body throws is thrown, and it throws nothing.
        try? await loop.run { await self.runner.close() }
    }

    /// The next records, of one partition; nil where none came within `wait`. One task reads at a time.
    ///
    /// - Throws: `KafkaError`: `.closed` after `close()`, `.cancelled`, and what ended `run()`.
    public func next(wait: Duration = .seconds(1)) async throws -> FetchedRecords? {
        try await loop.run { try await self.core.next(until: .after(wait)) }
    }

    /// Commits offsets: for each partition that of the next record to read. Works while partitions are being revoked, too.
    ///
    /// - Throws: `KafkaError`: `.notAssigned` or `.fenced` where a partition is no longer this consumer's,
    ///   `.rebalanceInProgress` where the group does not take commits at the moment, others where the coordinator
    ///   cannot be reached in time.
    public func commit(_ offsets: [TopicPartition: Int64]) async throws {
        try await loop.run { try await self.runner.commit(offsets) }
    }

    /// Goes on reading a partition at another offset.
    ///
    /// - Throws: `KafkaError` `.notAssigned`.
    public func seek(_ partition: TopicPartition, to offset: Int64) async throws {
        try await loop.run { try self.core.seek(partition, to: offset) }
    }

    /// Stops fetching partitions until `resume`; what was fetched is still given out.
    public func pause(_ partitions: [TopicPartition]) async throws {
        try await loop.run { self.core.pause(partitions, true) }
    }

    /// Goes on fetching partitions.
    public func resume(_ partitions: [TopicPartition]) async throws {
        try await loop.run { self.core.pause(partitions, false) }
    }

    /// The partitions that are this consumer's: those of a group from their assignment until they are lost, or until
    /// `ConsumerListener.revoking` has returned. While they are revoked, nothing of them is given out any more, and their
    /// offsets can still be committed. On the loop only.
    public var assignment: [TopicPartition] {
        loop.preconditionCurrent()
        return runner.assignment
    }

    /// For each partition the offset behind the last record that the reader was given: where it begins, before the first. On
    /// the loop only.
    public var positions: [TopicPartition: Int64] {
        loop.preconditionCurrent()
        return core.states.compactMapValues { $0.delivered ?? $0.position }
    }

    /// Where the partitions that are read now end at this moment: behind the newest record that may be read. Where there are
    /// none, a broker is asked all the same: that it answers shows that Kafka is there. All leaders are asked at once, in one
    /// request each.
    ///
    /// - Throws: `KafkaError`: of a partition that failed, once all leaders have answered or failed.
    public func endOffsets() async throws -> [TopicPartition: Int64] {
        try await loop.run {
            if self.core.states.isEmpty { _ = try await self.core.cluster.callAny(MetadataRequest { $0.topics = [] }) }
            return try await self.core.cluster.offsets(
                of: self.core.states.keys, at: .latest, isolation: self.core.configuration.isolation)
        }
    }

    /// How many records of each partition wait in Kafka behind what the reader was given; partitions of which that is
    /// not known yet are missing. On the loop only.
    public var lag: [TopicPartition: Int64] {
        loop.preconditionCurrent()
        return core.states.compactMapValues(\.lag)
    }

    /// Why nothing can be read now; nil while it is a member of a generation of its group, or reads the partitions that it
    /// was given. On the loop only.
    ///
    /// It names what `run()` failed with, or `.closed`; else since when it is no member, and the last reason that joining
    /// failed with, if it did: the coordinator not available, say. A member whose committed offsets cannot be learnt has a
    /// problem, too. A rebalance is one for as long as it takes: `.rebalanceInProgress`.
    public var membershipProblem: KafkaError? {
        loop.preconditionCurrent()
        return runner.membershipProblem
    }

    /// A topic as the consumer's newest metadata tells of it; nil where it does not, or tells that there is none. On the
    /// loop only.
    public func topicDescription(_ name: String) -> TopicDescription? {
        loop.preconditionCurrent()
        return core.cluster.metadata.topics[name].map {
            TopicDescription(name: $0.name, id: $0.id, partitionCount: $0.partitions.count)
        }
    }

    /// Whether a broker is connected. On the loop only.
    public var isConnected: Bool {
        loop.preconditionCurrent()
        return core.cluster.isConnected
    }
}
