import Transport

/// As whom a consumer is in its group: what makes its offsets part of a producer's transaction.
public struct ConsumerGroupMetadata: Hashable, Sendable {
    /// The group.
    public var group: String

    /// The id that the coordinator gave the member; empty for a consumer that was given its partitions.
    public var memberID: String

    /// The generation; −1 outside of any.
    public var generation: Int32

    /// The member's fixed identity; nil for none.
    public var instanceID: String?

    /// Makes one.
    public init(group: String, memberID: String = "", generation: Int32 = -1, instanceID: String? = nil) {
        self.group = group
        self.memberID = memberID
        self.generation = generation
        self.instanceID = instanceID
    }
}

extension KafkaConsumer {
    /// As whom it is in its group at this moment; nil where it has none.
    public var groupMetadata: ConsumerGroupMetadata? {
        get async { (try? await loop.run { self.runner.groupMetadata }) ?? nil }
    }
}

/// Transactions: what is written between `begin` and `commit`, to whatever topics, and the offsets of what it was made
/// from, become visible to readers of committed records together, or never (KIP-98).
///
///     try await producer.withTransaction {
///         _ = try await producer.send(topic: "results", key: key, value: value)
///         try await producer.sendOffsets([records.partition: records.nextOffset], of: metadata)
///     }
///
/// The producer needs `ProducerConfiguration.transactionalID`. One transaction is open at a time; calls wait for each other.
extension KafkaProducer {
    /// Begins a transaction. The first time, an identity is asked for: that fences off an older producer of the same
    /// transactional id, and aborts what it had open.
    ///
    /// - Throws: `KafkaError`: `.configuration` without a transactional id, or where a transaction is open;
    ///   `.transactionFailed` where the last one is still to be aborted; `.fenced` where another producer has the
    ///   transactional id; `.timeout`.
    @concurrent
    public func beginTransaction() async throws {
        try await loop.run { try await self.core.requireTransactions().begin() }
    }

    /// Waits until all records of the transaction are acknowledged, and commits it.
    ///
    /// - Throws: `KafkaError`: `.transactionFailed` where something of it failed: then it must be aborted; `.fenced`;
    ///   `.timeout` where it is not known whether it was committed: then this may be called again.
    @concurrent
    public func commitTransaction() async throws {
        try await loop.run { try await self.core.requireTransactions().commit() }
    }

    /// Gives up everything since `beginTransaction`: what waits is not sent, and what was sent is never seen by readers of
    /// committed records.
    ///
    /// - Throws: `KafkaError`: `.configuration` where none is open, `.fenced`, `.timeout`.
    @concurrent
    public func abortTransaction() async throws {
        try await loop.run { try await self.core.requireTransactions().abort() }
    }

    /// Makes a group's offsets part of the transaction: for each partition that of the next record to read.
    ///
    /// - Parameter member: from `KafkaConsumer.groupMetadata`, as it was when the records were read: a member that is no
    ///   longer in its generation is refused.
    /// - Throws: `KafkaError`: `.transactionFailed`, `.fenced`, `.timeout`; then the transaction is to be aborted.
    @concurrent
    public func sendOffsets(_ offsets: [TopicPartition: Int64], of member: ConsumerGroupMetadata) async throws {
        try await loop.run { try await self.core.requireTransactions().send(offsets, of: member) }
    }

    /// Runs `body` in a transaction: commits it where `body` returns, aborts it where `body` or the commit throws.
    ///
    /// - Throws: what `body` throws, else what `commitTransaction` does: `.timeout` says that it is not known whether the
    ///   transaction was committed, and that `commitTransaction` may be called again.
    public func withTransaction<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await beginTransaction()
        do {
            let value = try await body()
            try await commitTransaction()
            return value
        } catch {
            // What made it fail is what counts; where it cannot even be aborted, the next begin says why.
            try? await abortTransaction()
            throw error
        }
    }
}
