import Bytes

/// A partition's log as its files tell it, after a start: plain values, found by a thread that may block.
struct RecoveredLog: Sendable {
    struct Segment: Sendable {
        var baseOffset: Int64
        var file: File
        var size: Int
        var index: OffsetIndex
        var checkpointed: Int
    }

    var folder: String
    var segments: [Segment] = []
    var startOffset: Int64 = 0
    var endOffset: Int64 = 0
    var producers = ProducerStates()
    /// How many bytes of a torn tail were cut off.
    var cutBytes = 0
    /// How many bytes were read and checked.
    var scannedBytes = 0
    /// Files that were set aside because a segment before them is damaged in its middle.
    var damaged: [String] = []

    /// The file that keeps the first readable offset where records were deleted.
    static func startPath(_ folder: String) -> String { "\(folder)/start" }

    /// That file's bytes.
    static func sealedStart(_ offset: Int64) -> ByteSlice {
        var writer = ByteWriter(capacity: 8)
        writer.writeBigEndian(offset)
        return Sealed.seal(version: 1, writer.finish())
    }

    /// Makes the folder of a new partition.
    static func create(_ folder: String) throws(BrokerError) -> RecoveredLog {
        try Folder.make(folder)
        return RecoveredLog(folder: folder)
    }

    /// Reads a partition's folder: what checkpoints cover is trusted, what lies behind them is checked batch by batch,
    /// and what is not a whole batch at the end is cut off.
    static func open(_ folder: String, now: Int64) throws(BrokerError) -> RecoveredLog {
        try Folder.make(folder)
        var log = RecoveredLog(folder: folder)
        let bases = try Folder.names(in: folder).compactMap(LogSegment.baseOffset(of:)).sorted()
        if let bytes = try Folder.contents(of: startPath(folder)), let payload = Sealed.open(version: 1, bytes) {
            var reader = ByteReader(payload)
            log.startOffset = (try? reader.readBigEndian()) ?? 0
        }
        var checkpoints: [Checkpoint?] = []
        for base in bases { checkpoints.append(try Checkpoint.load(Checkpoint.path(of: log.path(of: base)))) }
        // From here on the state of the producers is followed; before it, it is not needed.
        let known = checkpoints.lastIndex { $0?.producers != nil } ?? 0
        for (position, base) in bases.enumerated() {
            try log.recover(base, checkpoint: checkpoints[position], followsProducers: position >= known, now: now)
            guard log.isTorn, position + 1 < bases.count else { continue }
            // Something inside the log is damaged: what lies behind it cannot be served any more, but is kept.
            for later in bases[(position + 1)...] {
                let path = log.path(of: later)
                try Folder.rename(path, to: path + ".damaged")
                log.damaged.append(path + ".damaged")
            }
            break
        }
        log.startOffset = max(log.startOffset, log.segments.first?.baseOffset ?? 0)
        log.endOffset = max(log.endOffset, log.startOffset)
        return log
    }

    private var isTorn = false

    private func path(of base: Int64) -> String { "\(folder)/\(LogSegment.name(base))" }

    private init(folder: String) { self.folder = folder }

    private mutating func recover(
        _ base: Int64, checkpoint: Checkpoint?, followsProducers: Bool, now: Int64
    ) throws(BrokerError) {
        let file = try File(path: path(of: base))
        let length = try file.size()
        var segment = Segment(baseOffset: base, file: file, size: 0, index: OffsetIndex(), checkpointed: 0)
        endOffset = max(endOffset, base)
        // A checkpoint of more than there is was written before a machine's crash took the rest.
        if let checkpoint, checkpoint.size <= length, checkpoint.producers != nil || !followsProducers {
            segment.index = checkpoint.index
            segment.size = checkpoint.size
            segment.checkpointed = checkpoint.size
            if followsProducers, let producers = checkpoint.producers { self.producers = producers }
            endOffset = try lastOffset(of: segment) + 1
        }
        var scan = BatchScan(file: file, position: segment.size, length: length)
        scannedBytes += length - segment.size
        while let header = try scan.next(), header.baseOffset >= endOffset {
            segment.index.append(
                offset: header.baseOffset, position: segment.size, maxTimestamp: header.maxTimestamp)
            segment.size += header.size
            endOffset = header.lastOffset + 1
            if followsProducers, header.isIdempotent {
                producers.record(header, at: min(max(header.maxTimestamp, 0), now))
            }
        }
        isTorn = segment.size < length
        if isTorn {
            cutBytes += length - segment.size
            try file.truncate(to: segment.size)
        }
        segments.append(segment)
    }

    /// The last offset in what a checkpoint covers: found by the headers behind its last index entry.
    private func lastOffset(of segment: Segment) throws(BrokerError) -> Int64 {
        guard var position = segment.index.entries.last?.position else { return segment.baseOffset - 1 }
        var last = segment.baseOffset - 1
        while position < segment.size {
            let bytes = try segment.file.read(BatchHeader.size, at: position)
            guard let header = BatchHeader(bytes.span), header.isPlausible else {
                throw BrokerError(
                    .damaged,
                    "\(segment.file.path) is damaged at byte \(position), within what was checked before: remove "
                        + "\(Checkpoint.path(of: segment.file.path)) to have the whole segment checked anew",
                    path: segment.file.path)
            }
            last = header.lastOffset
            position += header.size
        }
        return last
    }
}

/// Walks a segment's file batch by batch and checks each one's sum.
struct BatchScan {
    static let window = 4 << 20

    let file: File
    /// Where the next batch begins.
    var position: Int
    let length: Int
    private var bytes = ByteSlice.empty
    private var bytesStart = 0

    init(file: File, position: Int, length: Int) {
        self.file = file
        self.position = position
        self.length = length
        bytesStart = position
    }

    /// The next batch's header; nil at the end, and where no whole and sound batch follows.
    mutating func next() throws(BrokerError) -> BatchHeader? {
        guard let header = try header(), header.isPlausible, header.size <= length - position else { return nil }
        try load(header.size)
        guard header.checks(bytes.span, at: position - bytesStart) else { return nil }
        position += header.size
        return header
    }

    private mutating func header() throws(BrokerError) -> BatchHeader? {
        try load(BatchHeader.size)
        return BatchHeader(bytes.span, at: position - bytesStart)
    }

    /// Has `count` bytes from `position` on in memory, where the file has them.
    private mutating func load(_ count: Int) throws(BrokerError) {
        guard bytesStart + bytes.count - position < count else { return }
        bytesStart = position
        bytes = try file.read(min(max(count, Self.window), length - position), at: position)
    }
}
