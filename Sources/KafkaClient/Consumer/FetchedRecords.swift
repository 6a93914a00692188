import Bytes
public import KafkaProtocol

/// Records of one partition that were fetched together, in order, as slices of the broker's answer.
public struct FetchedRecords: Sendable {
    /// The partition.
    public let partition: TopicPartition

    /// The id of the topic that they were fetched from, which a topic that was made again does not share; zero where the
    /// cluster has none.
    public let topicID: KafkaUUID

    /// The offset from which on records are given.
    public let firstOffset: Int64

    /// The offset behind the last record: what to commit once all of them are done with.
    public let nextOffset: Int64

    /// The end of the partition, when this was fetched.
    public let highWatermark: Int64

    /// Whole record batches, one behind the other.
    let batches: ByteSlice
    /// The producers whose transactions were aborted, with where those began.
    let aborted: [FetchResponse.AbortedTransaction]

    /// How many bytes they take as fetched.
    public var byteCount: Int { batches.count }

    /// How many records are in the partition behind these.
    public var lag: Int64 { nextOffset.records(to: highWatermark) }

    /// Whether the batches' checksums were found right.
    var isVerified = false

    /// Takes the records one by one, and in part.
    ///
    /// - Parameters:
    ///   - decompressor: keeps its memory from one to the next.
    ///   - limit: how many bytes a batch may have when decompressed; a larger one is `unreadable`.
    public func cursor(
        using decompressor: RecordDecompressor = RecordDecompressor(), limit: Int = RecordDecompressor.standardLimit
    ) -> RecordCursor { RecordCursor(self, using: decompressor, limit: limit) }

    /// Calls `body` with each record, in the order of offsets.
    ///
    /// - Throws: `KafkaError` `.malformedResponse` where the batches are damaged, and what `body` throws.
    public func forEach(_ body: (Record) throws -> Void) throws {
        var cursor = cursor()
        while let item = cursor.next() {
            switch item {
            case .record(let record): try body(record)
            case .unreadable(let records): throw damaged(records.reason)
            }
        }
    }

    private func damaged(_ reason: String) -> KafkaError {
        KafkaError(
            .malformedResponse, "damaged records: \(reason)", topic: partition.topic, partition: partition.partition)
    }

    var frames: BatchFrames { BatchFrames(batches, from: firstOffset, to: nextOffset) }

    /// What is wrong with the batches' checksums, if anything is.
    var fault: KafkaError? {
        var frames = frames
        while let frame = frames.next() {
            do throws(KafkaProtocolError) {
                try RecordBatch(frame.bytes).checkIntact()
            } catch {
                return damaged("\(error)")
            }
        }
        return nil
    }
}

/// Follows transactions through a partition's batches, to leave out what was aborted and the markers themselves.
struct AbortedTransactions {
    /// Not begun yet, by offset, the last one first.
    private var upcoming: [FetchResponse.AbortedTransaction]
    private var producers: Set<Int64> = []

    init(_ aborted: [FetchResponse.AbortedTransaction]) {
        upcoming = aborted.sorted { $0.firstOffset > $1.firstOffset }
    }

    /// Whether a batch's records are not to be given out.
    mutating func hides(_ batch: RecordBatch) -> Bool {
        let header = batch.header
        while let next = upcoming.last, next.firstOffset <= header.lastOffset {
            producers.insert(next.producerID)
            upcoming.removeLast()
        }
        if header.attributes.isControl {
            // A marker ends its producer's transaction, whichever way.
            producers.remove(header.producerID)
            return true
        }
        return header.attributes.isTransactional && producers.contains(header.producerID)
    }
}
