import Bytes

/// A partition's log: segments on disk, the last batches in memory, and what is known of its producers.
///
/// It decides and never blocks: `stage` says what to write, `commit` makes it visible once it is written. Belongs to
/// the broker's loop.
final class PartitionLog {
    struct Settings: Sendable {
        var segmentBytes = 256 << 20
        var flushBytes = 4 << 20
        var syncEachCommit = false
    }

    let folder: String
    let settings: Settings
    /// Written into each batch: this broker leads every partition from the first epoch on.
    let leaderEpoch: Int32 = 0

    private(set) var segments: [LogSegment]
    /// The first offset that can be read.
    private(set) var startOffset: Int64
    /// The next record's offset; all before it are written and visible.
    private(set) var endOffset: Int64
    private(set) var producers: ProducerStates
    private(set) var tail = LogTail()
    /// Where a write that failed could not be cut off again: nothing more is written.
    private(set) var isStuck = false
    private(set) var isDeleted = false
    /// How many bytes the tail may hold.
    var tailLimit = 4 << 20
    /// The next append begins a segment, however small the last one is.
    var rollsNext = false

    private var pending: [Append] = []
    private var staged: Staged?
    /// How many bytes wait to be written.
    private(set) var pendingBytes = 0

    private struct Staged {
        var batches: [(append: Append, header: BatchHeader)] = []
        var undo: [(producerID: Int64, before: ProducerStates.Producer?)] = []
        /// Duplicates of batches in this very write: answered with it.
        var duplicates: [(append: Append, baseOffset: Int64)] = []
        var endOffset: Int64
        var bytes: ByteSlice
        var newSegment: Bool
    }

    init(_ recovered: RecoveredLog, settings: Settings) {
        folder = recovered.folder
        self.settings = settings
        segments = recovered.segments.map { recovered in
            let segment = LogSegment(baseOffset: recovered.baseOffset, file: recovered.file)
            segment.restore(size: recovered.size, index: recovered.index, checkpointed: recovered.checkpointed)
            return segment
        }
        startOffset = recovered.startOffset
        endOffset = recovered.endOffset
        producers = recovered.producers
    }

    var hasPending: Bool { !pending.isEmpty }
    var isFlushing: Bool { staged != nil }
    /// How many bytes the log takes on disk.
    var size: Int { segments.reduce(0) { $0 + $1.size } }

    // MARK: Appending

    /// Takes a batch in; it is judged and given its offset when its turn to be written comes.
    func enqueue(_ append: Append) {
        guard !isDeleted else {
            append.outcome = .gone
            return
        }
        pending.append(append)
        pendingBytes += append.batch.count
    }

    /// Decides what is written next; batches that are not to be written get their outcome here.
    ///
    /// - Parameter now: Milliseconds since 1970.
    /// - Returns: nil where there is nothing to write.
    func stage(now: Int64) -> Flush? {
        precondition(staged == nil, "one write at a time")
        guard let first = pending.first else { return nil }
        var staged = Staged(endOffset: endOffset, bytes: .empty, newSegment: false)
        let active = segments.last
        let base = active?.size ?? 0
        staged.newSegment =
            active == nil || (base > 0 && (rollsNext || base + first.batch.count > settings.segmentBytes))
        var room = staged.newSegment ? settings.segmentBytes : settings.segmentBytes - base
        room = min(room, settings.flushBytes)
        var writer = ByteWriter(capacity: min(room, pendingBytes))
        var taken = 0
        for append in pending {
            // The first goes whatever its size.
            guard writer.isEmpty || writer.count + append.batch.count <= room else { break }
            taken += 1
            if isStuck {
                append.outcome = .failed
                continue
            }
            switch producers.check(append.header) {
            case .append: self.stage(append, into: &staged, &writer, now: now)
            case .duplicate(let offset) where offset >= endOffset: staged.duplicates.append((append, offset))
            case .duplicate(let offset): append.outcome = .duplicate(baseOffset: offset)
            case .outOfOrder: append.outcome = .outOfOrder
            case .fenced: append.outcome = .fenced
            }
        }
        let judged = pending[..<taken]
        pendingBytes -= judged.reduce(0) { $0 + $1.batch.count }
        for append in judged where append.outcome != nil { append.wake() }
        pending.removeFirst(taken)
        guard !writer.isEmpty else { return nil }
        staged.bytes = writer.finish()
        self.staged = staged
        let target: Flush.Target =
            if !staged.newSegment, let active { .segment(active.file) } else {
                .newSegment(path: "\(folder)/\(LogSegment.name(endOffset))", folder: folder)
            }
        return Flush(
            target: target, position: staged.newSegment ? 0 : base, bytes: staged.bytes, sync: settings.syncEachCommit)
    }

    /// Gives the batch its offset and puts it behind those that are written with it.
    private func stage(_ append: Append, into staged: inout Staged, _ writer: inout ByteWriter, now: Int64) {
        var header = append.header
        header.baseOffset = staged.endOffset
        let start = writer.count
        writer.write(append.batch)
        // Both lie before what the checksum covers.
        writer.patchBigEndian(header.baseOffset, at: start + BatchHeader.baseOffsetPosition)
        writer.patchBigEndian(leaderEpoch, at: start + BatchHeader.leaderEpochPosition)
        if header.isIdempotent { staged.undo.append((header.producerID, producers.record(header, at: now))) }
        staged.batches.append((append, header))
        staged.endOffset = header.lastOffset + 1
    }

    /// Makes visible what was written.
    func commit(to file: File, now: Int64) {
        guard let staged else { return }
        self.staged = nil
        if staged.newSegment {
            segments.append(LogSegment(baseOffset: endOffset, file: file))
            rollsNext = false
        }
        let segment = segments[segments.count - 1]
        for (append, header) in staged.batches {
            segment.append(header, at: now)
            append.outcome = .appended(baseOffset: header.baseOffset)
        }
        if settings.syncEachCommit { segment.synced = segment.size }
        tail.append(staged.bytes, baseOffset: endOffset, nextOffset: staged.endOffset, limit: tailLimit)
        endOffset = staged.endOffset
        for (append, offset) in staged.duplicates { append.outcome = .duplicate(baseOffset: offset) }
        staged.batches.forEach { $0.append.wake() }
        staged.duplicates.forEach { $0.append.wake() }
    }

    /// Takes back what could not be written: nothing of it was ever visible.
    func abort(stuck: Bool) {
        guard let staged else { return }
        self.staged = nil
        for (producerID, before) in staged.undo.reversed() { producers.restore(producerID, to: before) }
        isStuck = isStuck || stuck
        for append in staged.batches.map(\.append) + staged.duplicates.map(\.append) {
            append.outcome = .failed
            append.wake()
        }
    }

    /// Wakes one that waits for its batch to be written, so that it leads the next write.
    func wakeNextLeader() {
        pending.first { $0.waiter != nil }?.wake()
    }

    /// The partition goes away: what waits is answered so.
    func markDeleted() {
        isDeleted = true
        let waiting = pending
        pending = []
        pendingBytes = 0
        for append in waiting {
            append.outcome = .gone
            append.wake()
        }
        tail.trim(to: 0)
    }

    // MARK: The log's front

    /// Moves the first readable offset on and forgets the segments that lie wholly before it.
    ///
    /// - Returns: The files that can be removed.
    func advanceStart(to offset: Int64) -> [String] {
        startOffset = max(startOffset, min(offset, endOffset))
        var removed: [String] = []
        while segments.count > 1, segments[1].baseOffset <= startOffset {
            let path = segments.removeFirst().file.path
            removed += [path, Checkpoint.path(of: path)]
        }
        return removed
    }

    /// Until which offset the log is out of date by its size in bytes or its records' age.
    func expiredUntil(retentionBytes: Int?, retentionSince: Int64?) -> Int64 {
        var until = startOffset
        var rest = size
        for (segment, next) in zip(segments, segments.dropFirst()) {
            let tooMuch = retentionBytes.map { rest - segment.size >= $0 } ?? false
            let tooOld = retentionSince.map { segment.index.maxTimestamp < $0 } ?? false
            guard tooMuch || tooOld else { break }
            rest -= segment.size
            until = next.baseOffset
        }
        return until
    }

    func expireProducers(before time: Int64) {
        guard staged == nil else { return }
        producers.expire(before: time)
    }

    func trimTail() { tail.trim(to: tailLimit) }

    /// What to store of the segments that have grown since their last checkpoints, in the order in which to store it: a
    /// sealed segment's state of the producers is given up only once the last segment's is stored.
    func checkpoints() -> [(segment: LogSegment, checkpoint: Checkpoint)] {
        guard staged == nil, !isDeleted else { return [] }
        return segments.reversed().compactMap { segment in
            guard segment.checkpointed < segment.size else { return nil }
            let isLast = segment === segments.last
            return (segment, Checkpoint(size: segment.size, index: segment.index, producers: isLast ? producers : nil))
        }
    }
}
