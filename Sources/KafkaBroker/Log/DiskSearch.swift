import Bytes
import KafkaProtocol

/// A search for the first record at a timestamp or later, for a thread that may block.
struct DiskSearch: Sendable {
    let file: File
    /// Between which positions the batch begins that has it.
    let range: Range<Int>
    /// Where what is visible ends.
    let end: Int
    let timestamp: Int64
    let startOffset: Int64

    func run() throws(BrokerError) -> (offset: Int64, timestamp: Int64)? {
        var scan = BatchScan(file: file, position: range.lowerBound, length: end)
        while scan.position < range.upperBound {
            let position = scan.position
            guard let header = try scan.next() else { break }
            guard header.maxTimestamp >= timestamp, header.lastOffset >= startOffset else { continue }
            let batch = try file.read(header.size, at: position)
            return record(in: batch) ?? (max(header.baseOffset, startOffset), header.maxTimestamp)
        }
        return nil
    }

    /// The record itself; nil where the batch cannot be looked into.
    private func record(in batch: ByteSlice) -> (offset: Int64, timestamp: Int64)? {
        do throws(KafkaProtocolError) {
            var records = try RecordBatch(batch).records(
                using: RecordDecompressor(), limit: BatchCheck.decompressedLimit)
            while let record = try records.next() {
                if record.timestamp >= timestamp, record.offset >= startOffset {
                    return (record.offset, record.timestamp)
                }
            }
        } catch {
            // Compressed in a way that cannot be undone here: the batch's own offset is as near as it gets.
        }
        return nil
    }
}
