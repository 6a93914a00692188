import Bytes
public import KafkaProtocol

/// Records of one partition that were fetched together, in order, as slices of the broker's answer.
public struct FetchedRecords: Sendable {
    /// The partition.
    public let partition: TopicPartition

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
    public var lag: Int64 { max(highWatermark - nextOffset, 0) }

    /// Calls `body` with each record, in the order of offsets.
    ///
    /// - Throws: `KafkaError` `.malformedResponse` where the batches are damaged, and what `body` throws.
    public func forEach(_ body: (Record) throws -> Void) throws {
        let decompressor = RecordDecompressor()
        var transactions = AbortedTransactions(aborted)
        var rest = RecordBatches(batches)
        while let batch = try next(&rest) {
            if transactions.hides(batch) { continue }
            var records: RecordReader
            do {
                records = try batch.records(using: decompressor)
            } catch {
                throw damaged(error)
            }
            while let record = try next(&records) {
                // A fetch brings whole batches: what comes before the offset asked for is passed over.
                if record.offset >= firstOffset { try body(record) }
            }
        }
    }

    private func next(_ batches: inout RecordBatches) throws(KafkaError) -> RecordBatch? {
        do {
            return try batches.next()
        } catch {
            throw damaged(error)
        }
    }

    private func next(_ records: inout RecordReader) throws(KafkaError) -> Record? {
        do {
            return try records.next()
        } catch {
            throw damaged(error)
        }
    }

    private func damaged(_ error: KafkaProtocolError) -> KafkaError {
        KafkaError(
            .malformedResponse, "damaged records: \(error)", topic: partition.topic, partition: partition.partition)
    }

    /// What is wrong with the batches' checksums, if anything is.
    var fault: KafkaError? {
        var rest = RecordBatches(batches)
        do {
            while let batch = try rest.next() { try batch.checkIntact() }
            return nil
        } catch {
            return damaged(error)
        }
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
