import Bytes
import Glibc
import KafkaProtocol
import Testing

@testable import KafkaBroker

/// A folder of a test's own, removed with what is in it.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/kafka-broker-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BrokerError(.storage, "no temporary folder") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? Folder.remove(tree: path) }
}

/// A batch as a producer sends it.
func batch(
    _ values: [String], producer: ProducerState? = nil, timestamp: Int64 = 1_000, compression: CompressionType = .none
) throws -> ByteSlice {
    var builder = RecordBatchBuilder()
    for (index, value) in values.enumerated() {
        builder.append(timestamp: timestamp + Int64(index), key: nil, value: ByteSlice(utf8: value))
    }
    return try builder.finish(compression: compression, producer: producer)
}

/// The values of all records in some batches.
func values(_ bytes: ByteSlice) throws -> [String] {
    var batches = RecordBatches(bytes)
    var values: [String] = []
    while let batch = try batches.next() {
        var records = try batch.records(using: RecordDecompressor())
        while let record = try records.next() { values.append(record.value?.utf8 ?? "") }
    }
    return values
}

extension PartitionLog {
    /// Opens the log in a folder, as a start does.
    static func open(_ folder: String, settings: Settings = Settings()) throws -> PartitionLog {
        PartitionLog(try RecoveredLog.open(folder, now: 5_000), settings: settings)
    }

    /// Appends a batch and writes it.
    @discardableResult
    func append(_ batch: ByteSlice) throws -> Append.Outcome? {
        let append = try enqueue(batch)
        flush()
        return append.outcome
    }

    func enqueue(_ batch: ByteSlice) throws -> Append {
        let parsed = BatchHeader(batch.span)
        let header = try #require(parsed)
        let append = Append(batch: batch, header: header)
        enqueue(append)
        return append
    }

    /// Writes what waits, in the same thread.
    func flush() {
        while hasPending {
            guard let flush = stage(now: 2_000) else { continue }
            do throws(Flush.Failure) {
                commit(to: try flush.run(), now: 2_000)
            } catch {
                if case .stuck = error { abort(stuck: true) } else { abort(stuck: false) }
            }
        }
    }

    /// What a fetch gets, from memory or from disk.
    func bytes(from offset: Int64, maxBytes: Int = 1 << 20) throws -> ByteSlice {
        switch read(from: offset, maxBytes: maxBytes) {
        case .memory(let slices):
            var writer = ByteWriter()
            for slice in slices { writer.write(slice) }
            return writer.finish()
        case .disk(let read): return try read.run()
        case .end, .outOfRange: return .empty
        }
    }

    /// Stores the checkpoints that are due.
    func storeCheckpoints() throws {
        for (segment, checkpoint) in checkpoints() {
            try Folder.replace(Checkpoint.path(of: segment.file.path), with: checkpoint.sealed())
            segment.checkpointed = checkpoint.size
        }
    }
}
