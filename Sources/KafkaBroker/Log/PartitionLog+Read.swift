import Bytes

extension PartitionLog {
    /// What a fetch finds.
    enum Read {
        /// Batches that were in memory.
        case memory([ByteSlice])
        /// Batches that a thread that may block must read.
        case disk(DiskRead)
        /// There is nothing at this offset yet.
        case end
        /// The offset is before the log's start or past its end.
        case outOfRange
    }

    /// Whole batches from the one that holds `offset` on, up to `maxBytes`, or the first alone where it is larger and
    /// `atLeastOne` is set.
    func read(from offset: Int64, maxBytes: Int, atLeastOne: Bool = true) -> Read {
        guard offset >= startOffset, offset <= endOffset else { return .outOfRange }
        guard offset < endOffset else { return .end }
        if let slices = tail.read(from: offset, maxBytes: maxBytes, atLeastOne: atLeastOne) { return .memory(slices) }
        guard let position = segmentIndex(of: offset) else { return .end }
        let segment = segments[position]
        return .disk(
            DiskRead(
                file: segment.file, position: segment.index.floor(of: offset), end: segment.size, offset: offset,
                maxBytes: maxBytes, atLeastOne: atLeastOne))
    }

    /// How many bytes there are from `offset` on, at most: exact but for the index's interval.
    func available(from offset: Int64) -> Int {
        guard offset < endOffset, let position = segmentIndex(of: max(offset, startOffset)) else { return 0 }
        let first = segments[position]
        let rest = first.size - first.index.floor(of: offset)
        return segments[(position + 1)...].reduce(rest) { $0 + $1.size }
    }

    private func segmentIndex(of offset: Int64) -> Int? {
        var low = 0
        var high = segments.count
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].baseOffset <= offset { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }

    /// Where to search for the first record at `timestamp` or later; nil where there is none.
    func search(timestamp: Int64) -> DiskSearch? {
        for segment in segments {
            guard let range = segment.index.range(reaching: timestamp, end: segment.size) else { continue }
            return DiskSearch(
                file: segment.file, range: range, end: segment.size, timestamp: timestamp, startOffset: startOffset)
        }
        return nil
    }

    /// The latest timestamp in the log, or nil where it is empty.
    var maxTimestamp: Int64? { segments.map(\.index.maxTimestamp).max().flatMap { $0 < 0 ? nil : $0 } }
}

/// A read of one segment, for a thread that may block.
struct DiskRead: Sendable {
    let file: File
    /// Where to begin: at or before the batch that holds `offset`.
    let position: Int
    /// Where what is visible ends.
    let end: Int
    let offset: Int64
    let maxBytes: Int
    let atLeastOne: Bool

    func run() throws(BrokerError) -> ByteSlice {
        var start = position
        while start < end {
            let window = try file.read(min(end - start, maxBytes + OffsetIndex.interval), at: start)
            let skip = BatchRun.position(of: offset, in: window)
            let rest = window.suffix(from: skip)
            guard let header = BatchHeader(rest.span), header.lastOffset >= offset else {
                // Only what comes before it was read, or less than a header of what follows.
                guard skip > 0 else { break }
                start += skip
                continue
            }
            guard header.size > rest.count else {
                return BatchRun.whole(rest, maxBytes: maxBytes, atLeastOne: atLeastOne)
            }
            guard atLeastOne else { return .empty }
            guard start + skip + header.size <= end else { break }
            return try file.read(header.size, at: start + skip)
        }
        throw BrokerError(
            .damaged, "\(file.path) does not hold offset \(offset) where its index says so", path: file.path)
    }
}
