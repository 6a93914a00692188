import Bytes
import KafkaProtocol
import Transport

/// How a batch ended.
enum DeliveryOutcome: Sendable {
    /// The broker has it; its first record's offset, or −1 where the broker no longer knows.
    case acknowledged(baseOffset: Int64)
    case failed(KafkaError)
    /// The broker found it too large; its records go on in two.
    case split(ProducerBatch, ProducerBatch)
}

/// Records that go to one partition together, and those who wait for them.
///
/// - Safety: `Sendable` though it has plain state, because all of it is touched on its producer's loop alone.
final class ProducerBatch: SequencedBatch, @unchecked Sendable {
    let partition: ProducerPartition
    let deliveryDeadline: Deadline
    /// When it is sent even if it is not full.
    let lingerDeadline: Deadline

    /// Takes records until the batch is first sent.
    private var builder: RecordBatchBuilder?
    /// The batch as it was sent, with the identity and sequence that it carries.
    private var encoded: (bytes: ByteSlice, identity: ProducerIdentity, sequence: Int32)?

    private(set) var recordCount: Int32 = 0
    /// What the batch takes of the buffer, in bytes before compression.
    private(set) var byteCount = 0
    private var isReleased = false
    /// Whether it takes no more records.
    var isClosed = false

    var identity: ProducerIdentity?
    var baseSequence: Int32 = -1
    var isExpired = false
    /// Whether its transaction ended before it was answered: its answer says nothing any more.
    var isDiscarded = false
    /// Why the last attempt to send it failed.
    var lastError: KafkaError?

    private var outcome: DeliveryOutcome?
    private var waiters: [UnsafeContinuation<DeliveryOutcome, Never>] = []

    init(partition: ProducerPartition, deliveryDeadline: Deadline, lingerDeadline: Deadline, capacity: Int) {
        self.partition = partition
        self.deliveryDeadline = deliveryDeadline
        self.lingerDeadline = lingerDeadline
        builder = RecordBatchBuilder(capacity: capacity)
        byteCount = RecordBatchHeader.byteCount
    }

    // MARK: Records

    /// Appends a record; its place in the batch.
    func append(key: ByteSlice?, value: ByteSlice?, headers: [RecordHeader], timestamp: Int64) -> Int32 {
        builder?.append(timestamp: timestamp, key: key, value: value, headers: headers)
        return count()
    }

    /// Appends a record whose bytes are not a slice's; its place in the batch.
    func append(key: RawSpan, value: RawSpan, headers: [RecordHeader], timestamp: Int64) -> Int32 {
        builder?.append(timestamp: timestamp, key: key, value: value, headers: headers)
        return count()
    }

    private func count() -> Int32 {
        recordCount += 1
        byteCount = builder?.byteCount ?? byteCount
        return recordCount - 1
    }

    /// The batch's bytes under its identity and sequence.
    func encode(
        compression: CompressionType, using compressor: RecordCompressor, isTransactional: Bool = false
    ) throws(KafkaError) -> ByteSlice {
        guard let identity else { throw KafkaError(.configuration, "a batch without an identity cannot be sent") }
        let state = ProducerState(id: identity.id, epoch: identity.epoch, sequence: baseSequence)
        do {
            if let encoded {
                if encoded.identity == identity, encoded.sequence == baseSequence { return encoded.bytes }
                // Numbered anew: the records stay as they are.
                let bytes = try RecordBatch(encoded.bytes).restamped(state)
                self.encoded = (bytes, identity, baseSequence)
                return bytes
            }
            guard var builder = builder.take() else { return .empty }
            let bytes = try builder.finish(
                compression: compression, using: compressor, producer: state, isTransactional: isTransactional,
                capacity: 0)
            encoded = (bytes, identity, baseSequence)
            return bytes
        } catch {
            throw KafkaError(
                .configuration, "the batch cannot be written: \(error)", topic: partition.topic,
                partition: partition.index)
        }
    }

    /// The records in two batches, for a broker that does not take so many bytes at once.
    func halves() throws(KafkaError) -> (ProducerBatch, ProducerBatch) {
        let middle = recordCount / 2
        let first = half()
        let second = half()
        do {
            var records = try RecordBatch(encoded?.bytes ?? .empty).records(using: RecordDecompressor())
            while let record = try records.next() {
                let half = first.recordCount < middle ? first : second
                _ = half.append(
                    key: record.key, value: record.value, headers: Array(record.headers),
                    timestamp: record.timestamp)
            }
        } catch {
            throw KafkaError(.recordTooLarge, "the batch cannot be split: \(error)", topic: partition.topic)
        }
        return (first, second)
    }

    private func half() -> ProducerBatch {
        let half = ProducerBatch(
            partition: partition, deliveryDeadline: deliveryDeadline, lingerDeadline: lingerDeadline,
            capacity: byteCount)
        half.isClosed = true
        return half
    }

    /// What is given back to the buffer, once.
    func takeByteCount() -> Int {
        if isReleased { return 0 }
        isReleased = true
        encoded = nil
        return byteCount
    }

    // MARK: The end

    /// Tells all who wait how the batch ended; the first end counts.
    func settle(_ outcome: DeliveryOutcome) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.resume(returning: outcome) }
    }

    /// Whether every record has its end.
    var isFinished: Bool {
        switch outcome {
        case nil: false
        case .acknowledged, .failed: true
        case .split(let first, let second): first.isFinished && second.isFinished
        }
    }

    /// Waits for the batch's end, whether the task is cancelled or not: the batch is on its way, and has its own deadline.
    func end() async -> DeliveryOutcome {
        if let outcome { return outcome }
        return await withUnsafeContinuation { waiters.append($0) }
    }
}
