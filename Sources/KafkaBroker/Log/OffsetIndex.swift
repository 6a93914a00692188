import Bytes

/// A sparse map of a segment: every so many bytes the batch that begins there, and the latest timestamp up to the next
/// entry.
struct OffsetIndex: Equatable {
    struct Entry: Equatable {
        /// The batch's base offset.
        var offset: Int64
        /// Where the batch begins in the segment's file.
        var position: Int
        /// The latest timestamp in the batches from here to the next entry.
        var maxTimestamp: Int64
    }

    /// How many bytes lie between two entries, at least.
    static let interval = 64 << 10

    private(set) var entries: [Entry] = []

    /// Takes note of a batch that was appended.
    mutating func append(offset: Int64, position: Int, maxTimestamp: Int64) {
        if let last = entries.indices.last, position - entries[last].position < Self.interval {
            entries[last].maxTimestamp = max(entries[last].maxTimestamp, maxTimestamp)
        } else {
            entries.append(Entry(offset: offset, position: position, maxTimestamp: maxTimestamp))
        }
    }

    /// Where to begin the search for `offset`: at or before the batch that holds it.
    func floor(of offset: Int64) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].offset <= offset { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? 0 : entries[low - 1].position
    }

    /// The positions between which the first batch lies that has a record at `timestamp` or later.
    func range(reaching timestamp: Int64, end: Int) -> Range<Int>? {
        guard let index = entries.firstIndex(where: { $0.maxTimestamp >= timestamp }) else { return nil }
        return entries[index].position..<(index + 1 < entries.count ? entries[index + 1].position : end)
    }

    /// The latest timestamp of the segment, or -1 where it is empty.
    var maxTimestamp: Int64 { entries.reduce(-1) { max($0, $1.maxTimestamp) } }

    func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(entries.count))
        for entry in entries {
            writer.writeBigEndian(entry.offset)
            writer.writeBigEndian(Int64(entry.position))
            writer.writeBigEndian(entry.maxTimestamp)
        }
    }

    init() {}

    init(from reader: inout ByteReader) throws(ByteError) {
        let count = try reader.readCount("an index", size: 24)
        entries.reserveCapacity(count)
        for _ in 0..<count {
            let offset: Int64 = try reader.readBigEndian()
            let position: Int64 = try reader.readBigEndian()
            entries.append(Entry(offset: offset, position: Int(position), maxTimestamp: try reader.readBigEndian()))
        }
    }
}
