public import Bytes
public import KafkaProtocol

/// Takes fetched records one by one, as many at a time as the reader likes: a batch is decompressed when its first record is
/// asked for, and what cannot be read is handed out as it is, so that nothing on a topic stops what comes after it.
///
///     var cursor = records.cursor()
///     while let item = cursor.next() { … }
///     try await consumer.commit([cursor.partition: cursor.nextOffset])
public struct RecordCursor {
    /// What comes next.
    public enum Item: Sendable {
        /// A record.
        case record(Record)
        /// Records that cannot be read.
        case unreadable(UnreadableRecords)
    }

    /// The partition.
    public let partition: TopicPartition

    /// The offset behind what was given out so far: what to commit once that is done with.
    public private(set) var nextOffset: Int64

    /// How many bytes of records were decompressed so far, the batch included whose records are being given out. Records
    /// are slices of that memory.
    public private(set) var decompressedBytes = 0

    /// How many bytes the batch has that is begun and not given out whole: what its next record keeps in memory.
    public private(set) var openBytes = 0

    private let firstOffset: Int64
    private let limit: Int
    private var rest: BatchFrames
    private var transactions: AbortedTransactions
    private var open: OpenBatch?
    private let isVerified: Bool
    private let decompressor: RecordDecompressor

    /// A batch whose records are being given out.
    private struct OpenBatch {
        let header: RecordBatchHeader
        let bytes: ByteSlice
        var records: RecordReader
        /// What the next record's offset must not be below.
        var expected: Int64
    }

    init(_ records: FetchedRecords, using decompressor: RecordDecompressor, limit: Int) {
        partition = records.partition
        firstOffset = records.firstOffset
        nextOffset = records.firstOffset
        self.limit = limit
        rest = records.frames
        transactions = AbortedTransactions(records.aborted)
        isVerified = records.isVerified
        self.decompressor = decompressor
    }

    /// Whether everything was given out.
    public var isAtEnd: Bool { open == nil && rest.isAtEnd }

    /// The next record, or what cannot be read in its place; nil at the end.
    public mutating func next() -> Item? {
        while true {
            if let item = nextOfOpenBatch() { return item }
            guard let frame = rest.next() else { return nil }
            if let unreadable = begin(frame) {
                nextOffset = max(nextOffset, frame.nextOffset)
                return .unreadable(unreadable)
            }
        }
    }

    private mutating func nextOfOpenBatch() -> Item? {
        guard var batch = open else { return nil }
        // So that the reader in it is not copied while it changes.
        open = nil
        do throws(KafkaProtocolError) {
            while let record = try batch.records.next() {
                guard record.offset >= batch.expected, record.offset <= batch.header.lastOffset else {
                    throw KafkaProtocolError(.malformed, "a record's offset \(record.offset) is not the batch's")
                }
                batch.expected = record.offset &+ 1
                // A fetch brings whole batches: what comes before the offset asked for is passed over.
                guard record.offset >= firstOffset else { continue }
                if batch.records.isAtEnd {
                    close(batch)
                } else {
                    nextOffset = max(nextOffset, record.offset &+ 1)
                    open = batch
                }
                return .record(record)
            }
            close(batch)
            return nil
        } catch {
            close(batch)
            return .unreadable(
                UnreadableRecords(
                    offset: max(batch.expected, firstOffset), nextOffset: batch.header.nextOffset, bytes: batch.bytes,
                    reason: "\(error)"))
        }
    }

    /// Nothing is left of a batch; its offsets may go on behind its last record, where others were compacted away.
    private mutating func close(_ batch: OpenBatch) {
        nextOffset = max(nextOffset, batch.header.nextOffset)
        openBytes = 0
    }

    /// Decompresses a batch; why it cannot be read, where it can't.
    private mutating func begin(_ frame: BatchFrames.Frame) -> UnreadableRecords? {
        do throws(KafkaProtocolError) {
            let batch = try RecordBatch(frame.bytes)
            if !isVerified { try batch.checkIntact() }
            if transactions.hides(batch) {
                nextOffset = max(nextOffset, batch.header.nextOffset)
                return nil
            }
            let records = try batch.records(using: decompressor, limit: limit)
            openBytes = records.byteCount
            decompressedBytes += openBytes
            open = OpenBatch(
                header: batch.header, bytes: batch.bytes, records: records, expected: batch.header.baseOffset)
            return nil
        } catch {
            return UnreadableRecords(
                offset: max(frame.baseOffset, firstOffset), nextOffset: frame.nextOffset, bytes: frame.bytes,
                reason: "\(error)")
        }
    }
}

/// Records of a batch that cannot be read: its bytes are damaged, or decompress to more than they may.
public struct UnreadableRecords: Sendable {
    /// The offset of the first of them.
    public let offset: Int64

    /// The offset behind the last of them.
    public let nextOffset: Int64

    /// The whole record batch, as it is in the log.
    public let bytes: ByteSlice

    /// What is wrong with it.
    public let reason: String
}
