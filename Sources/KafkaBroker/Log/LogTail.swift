import Bytes

/// The last batches of a partition, in memory: a consumer that follows costs no read.
struct LogTail {
    private struct Chunk {
        let baseOffset: Int64
        let nextOffset: Int64
        let bytes: ByteSlice
    }

    private var chunks: [Chunk] = []
    /// The chunks before this one were dropped.
    private var first = 0
    private(set) var bytes = 0

    /// The first offset that is held, or nil where none is.
    var baseOffset: Int64? { first < chunks.count ? chunks[first].baseOffset : nil }

    /// Takes in whole batches, which follow on those before, and drops the oldest beyond `limit` bytes.
    mutating func append(_ bytes: ByteSlice, baseOffset: Int64, nextOffset: Int64, limit: Int) {
        chunks.append(Chunk(baseOffset: baseOffset, nextOffset: nextOffset, bytes: bytes))
        self.bytes += bytes.count
        trim(to: limit)
    }

    /// Drops the oldest beyond `limit` bytes.
    mutating func trim(to limit: Int) {
        while bytes > limit, first < chunks.count {
            bytes -= chunks[first].bytes.count
            first += 1
        }
        // Moving the rest to the front is paid by as many drops before it.
        if first > 16, first * 2 >= chunks.count {
            chunks.removeSubrange(..<first)
            first = 0
        } else if first == chunks.count {
            chunks.removeAll()
            first = 0
        }
    }

    /// Whole batches from the one that holds `offset` on, up to `maxBytes`, or the first alone where it is larger and
    /// `atLeastOne` is set; nil where the offset is not held.
    func read(from offset: Int64, maxBytes: Int, atLeastOne: Bool) -> [ByteSlice]? {
        guard let baseOffset, offset >= baseOffset, let last = chunks.last, offset < last.nextOffset else { return nil }
        var low = first
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle].nextOffset <= offset { low = middle + 1 } else { high = middle }
        }
        var slices: [ByteSlice] = []
        var room = maxBytes
        for chunk in chunks[low...] {
            let start = chunk.baseOffset < offset ? BatchRun.position(of: offset, in: chunk.bytes) : 0
            let rest = chunk.bytes.suffix(from: start)
            let whole =
                rest.count <= room
                ? rest : BatchRun.whole(rest, maxBytes: room, atLeastOne: atLeastOne && slices.isEmpty)
            if !whole.isEmpty { slices.append(whole) }
            room -= whole.count
            if whole.count < rest.count || room <= 0 { break }
        }
        return slices
    }
}

/// Batches that lie one behind the other, walked by their headers.
enum BatchRun {
    /// Where the batch that holds `offset` begins: the first whose last offset is not before it.
    static func position(of offset: Int64, in bytes: ByteSlice) -> Int {
        var position = 0
        let span = bytes.span
        while let header = BatchHeader(span, at: position), header.isPlausible, header.lastOffset < offset {
            let (next, overflow) = position.addingReportingOverflow(header.size)
            guard !overflow, next <= bytes.count else { break }
            position = next
        }
        return position
    }

    /// As many whole batches from the front as fit `maxBytes`; the first one whatever its size, if `atLeastOne`.
    static func whole(_ bytes: ByteSlice, maxBytes: Int, atLeastOne: Bool) -> ByteSlice {
        var position = 0
        let span = bytes.span
        while let header = BatchHeader(span, at: position), header.isPlausible, header.size <= bytes.count - position {
            guard position + header.size <= maxBytes || (position == 0 && atLeastOne) else { break }
            position += header.size
        }
        return bytes.prefix(position)
    }
}
