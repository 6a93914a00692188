import EventStore
import Events
import KafkaClient
import KafkaProtocol
import Transport

/// Collects operations into batches: as many as may be applied together, of what was fetched in part where it is too much.
/// On the loop.
final class BatchCollector {
    private let configuration: EventConsumerConfiguration
    private let consumer: KafkaConsumer
    private let assignment: Assignment
    private let topic: TopicRecord
    private let topicID: KafkaUUID
    private let decompressor = RecordDecompressor()
    /// What was fetched and not taken whole, with the lease under which it was fetched.
    private var rest: (cursor: RecordCursor, lease: Int)?

    /// The reader comes back so often while nothing comes, to see whether partitions are waited for.
    private static let turn = Duration.milliseconds(100)
    /// So long an empty batch is waited for.
    private static let patience = Duration.milliseconds(250)

    init(
        _ configuration: EventConsumerConfiguration, _ consumer: KafkaConsumer, _ assignment: Assignment,
        topic: TopicRecord
    ) {
        self.configuration = configuration
        self.consumer = consumer
        self.assignment = assignment
        self.topic = topic
        topicID = KafkaUUID(high: topic.id.high, low: topic.id.low)
    }

    /// The next operations; nil where none came for a while, or partitions are waited for, or it is to stop.
    func next(isStopping: () -> Bool) async throws -> OperationBatch? {
        var batch = OperationBatch(epoch: topic.epoch)
        var deadline = Deadline.after(Self.patience)
        let (size, bytes) = (max(configuration.batchSize, 1), max(configuration.batchBytes, 1))
        while !isStopping(), batch.count < size, batch.bytes < bytes {
            if rest == nil {
                let wait = min(deadline.remaining, Self.turn)
                if wait <= .zero || assignment.leases.isRevoking && !batch.isEmpty { break }
                if let records = try await consumer.onLoop.next(wait: wait) {
                    try begin(records)
                } else if assignment.leases.isRevoking {
                    break
                }
            }
            guard let (cursor, lease) = rest else { continue }
            if batch.isEmpty { deadline = .after(configuration.flushInterval) }
            guard take(cursor, lease, into: &batch) else { break }
        }
        return batch.isEmpty ? nil : batch
    }

    /// Records came of another topic than the recorded one: it was made again under the same name. Their places say nothing of
    /// what is stored.
    struct AnotherTopic: Error {}

    /// Begins with records that were fetched; those of a partition that is somebody else's, or soon will be, are for them.
    ///
    /// - Throws: `AnotherTopic`.
    private func begin(_ records: FetchedRecords) throws {
        guard records.topicID.isZero || records.topicID == topicID else { throw AnotherTopic() }
        guard let lease = assignment.leases.lease(of: records.partition.partition) else { return }
        rest = (records.cursor(using: decompressor, limit: configuration.decompressedLimit), lease)
    }

    /// Takes records into the batch. Whether more may be taken: a batch holds a partition under one lease.
    private func take(_ cursor: RecordCursor, _ lease: Int, into batch: inout OperationBatch) -> Bool {
        let partition = cursor.partition.partition
        // The copy in `rest` would be changed beside this one.
        rest = nil
        guard assignment.leases.lease(of: partition) == lease else { return true }
        if let other = batch.leases[partition], other != lease {
            rest = (cursor, lease)
            return false
        }
        var cursor = cursor
        assignment.leases.hold(partition, from: cursor.nextOffset)
        batch.take(from: &cursor, lease: lease, upTo: configuration.batchSize, bytes: configuration.batchBytes)
        if !cursor.isAtEnd { rest = (cursor, lease) }
        return true
    }
}
