/// Reads bits from the end of the bytes to their start, as FSE and Huffman streams are read (RFC 8878, 4.1 and 4.2).
///
/// The last byte's highest set bit marks where the stream begins. Bits before the start read as zero and make
/// `position` negative.
struct BackwardBits {
    private let bytes: UnsafePointer<UInt8>
    private let count: Int

    /// How many bits are left; negative where more were read than there are.
    private(set) var position: Int

    /// Reads `count` bytes; nil where the mark is missing. The memory must outlive the reader.
    init?(_ bytes: UnsafePointer<UInt8>, count: Int) {
        guard count > 0, bytes[count - 1] != 0 else { return nil }
        self.bytes = bytes
        self.count = count
        position = count * 8 - bytes[count - 1].leadingZeroBitCount - 1
    }

    /// The next `length` bits, up to 56, without moving on.
    @inline(__always)
    func peek(_ length: Int) -> Int {
        let start = position &- length
        let mask = UInt64(1) &<< UInt64(length) &- 1
        guard start >= 0 else {
            // Zeros stand before the start.
            guard position > 0 else { return 0 }
            let rest = load(0) & (UInt64(1) &<< UInt64(position) &- 1)
            return Int(truncatingIfNeeded: rest &<< UInt64(-start) & mask)
        }
        return Int(truncatingIfNeeded: load(start &>> 3) &>> UInt64(start & 7) & mask)
    }

    /// Reads `length` bits, up to 56.
    @inline(__always)
    mutating func read(_ length: Int) -> Int {
        let value = peek(length)
        position &-= length
        return value
    }

    /// Moves on by `length` bits.
    @inline(__always)
    mutating func skip(_ length: Int) { position &-= length }

    /// Eight bytes from an offset on; zeros stand behind the end.
    @inline(__always)
    private func load(_ offset: Int) -> UInt64 {
        if offset &+ 8 <= count { return (bytes + offset).load64() }
        var value: UInt64 = 0
        var index = count &- 1
        while index >= offset {
            value = value &<< 8 | UInt64(bytes[index])
            index &-= 1
        }
        return value
    }
}
