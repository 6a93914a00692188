import Bytes

/// The fixed front of a record batch of version 2 (Kafka's `DefaultRecordBatch`): what a broker looks at and patches.
struct BatchHeader: Equatable {
    /// How many bytes the front takes.
    static let size = 61
    /// How many bytes come before what the length field counts.
    static let lengthEnd = 12
    /// Where the broker's own fields stand: the checksum covers neither.
    static let baseOffsetPosition = 0, leaderEpochPosition = 12
    /// Where what the checksum covers begins.
    static let checkedFrom = 21

    var baseOffset: Int64
    /// The whole batch's size in bytes, with the fields before its length.
    var size: Int
    var magic: Int8
    var checksum: UInt32
    var attributes: Int16
    var lastOffsetDelta: Int32
    var baseTimestamp: Int64
    var maxTimestamp: Int64
    var producerID: Int64
    var producerEpoch: Int16
    var baseSequence: Int32
    var recordCount: Int32

    /// The offset of the batch's last record.
    var lastOffset: Int64 { baseOffset &+ Int64(lastOffsetDelta) }
    var isTransactional: Bool { attributes & 0x10 != 0 }
    var isControl: Bool { attributes & 0x20 != 0 }
    var isIdempotent: Bool { producerID >= 0 }

    /// The sequence of the last record: sequences go on with 0 behind the largest Int32.
    var lastSequence: Int32 { (baseSequence &+ lastOffsetDelta) & .max }

    /// Reads the front of the batch at `position`.
    ///
    /// - Returns: nil where the bytes end within it. The size may be past the bytes that are there.
    init?(_ bytes: RawSpan, at position: Int = 0) {
        guard position >= 0, bytes.byteCount - position >= Self.size else { return nil }
        func load<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) -> Value {
            // In bounds by the guard above.
            Value(
                bigEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position &+ offset, as: Value.self)
            )
        }
        baseOffset = load(0)
        let length: Int32 = load(8)
        size = Int(length) + Self.lengthEnd
        magic = load(16)
        checksum = load(17)
        attributes = load(21)
        lastOffsetDelta = load(23)
        baseTimestamp = load(27)
        maxTimestamp = load(35)
        producerID = load(43)
        producerEpoch = load(51)
        baseSequence = load(53)
        recordCount = load(57)
    }

    /// Whether this can be the front of a batch of this broker's log.
    var isPlausible: Bool { magic == 2 && size >= Self.size && baseOffset >= 0 && lastOffsetDelta >= 0 }

    /// Whether the checksum of the batch at `position` holds; false where the bytes end within it.
    func checks(_ bytes: RawSpan, at position: Int = 0) -> Bool {
        guard size >= Self.size, bytes.byteCount - position >= size else { return false }
        let checked = bytes.extracting((position + Self.checkedFrom)..<(position + size))
        return CRC32C.checksum(checked) == checksum
    }
}
