import Bytes

/// Cuts fetched bytes into record batches by their lengths and places alone: brokers cut the last one off where a limit falls
/// into it, and a batch whose header or records are damaged must not hide those behind it.
///
/// No checksum covers a batch's place. One that goes back, or that lies behind the partition's end, is damaged on its way:
/// it and what follows are left out, to be fetched again, since an offset that is committed by mistake loses what is before.
struct BatchFrames {
    /// One batch, whatever its bytes hold.
    struct Frame {
        let baseOffset: Int64
        /// The offset behind the batch, as far as its header can be believed: past its base offset at least.
        let nextOffset: Int64
        let bytes: ByteSlice
    }

    /// What comes before the bytes that a batch's length counts: its base offset and the length.
    private static let overhead = 12
    /// The shortest batch has so many bytes behind its length.
    private static let shortest = 49

    private var rest: ByteSlice
    /// The offset that the next batch must reach past, and the one that it must not.
    private var reached: Int64
    private let end: Int64
    private var isFirst = true

    /// - Parameters:
    ///   - reached: The offset that was asked for.
    ///   - end: The partition's end.
    init(_ bytes: ByteSlice, from reached: Int64, to end: Int64) {
        rest = bytes
        self.reached = reached
        self.end = end
    }

    /// Whether no whole batch is left.
    var isAtEnd: Bool { peek() == nil }

    /// The next whole batch; nil where none is left.
    mutating func next() -> Frame? {
        guard let frame = peek() else { return nil }
        rest = rest.suffix(from: frame.bytes.count)
        reached = frame.nextOffset
        isFirst = false
        return frame
    }

    private func peek() -> Frame? {
        var reader = ByteReader(rest.span)
        do throws(ByteError) {
            let baseOffset: Int64 = try reader.readBigEndian()
            let length = Int(try reader.readBigEndian(Int32.self))
            guard length >= Self.shortest, length <= reader.remaining else { return nil }
            _ = try reader.readBigEndian(Int32.self)
            let magic = try reader.readByte()
            try reader.skip(6)
            let lastDelta: Int32 = try reader.readBigEndian()
            // Only format 2 has a delta there; an older message has one offset, its last.
            let last = Int64(magic == 2 ? max(lastDelta, 0) : 0)
            guard baseOffset >= 0, baseOffset < end, last < end - baseOffset else { return nil }
            let next = baseOffset + last + 1
            // The first one may begin before what was asked for; the others begin where the one before ended, or later.
            guard isFirst ? next > reached : baseOffset >= reached else { return nil }
            return Frame(baseOffset: baseOffset, nextOffset: next, bytes: rest.prefix(Self.overhead + length))
        } catch {
            // Too few bytes for a batch's header are no batch.
            return nil
        }
    }
}

extension BatchFrames {
    /// How far whole batches reach.
    struct Extent: Equatable {
        var byteCount = 0
        /// The offset behind the last of them; -1 where there is none.
        var nextOffset: Int64 = -1
    }

    /// How far the batches reach that are left.
    var extent: Extent {
        var frames = self
        var extent = Extent()
        while let frame = frames.next() {
            extent.byteCount += frame.bytes.count
            extent.nextOffset = frame.nextOffset
        }
        return extent
    }
}
