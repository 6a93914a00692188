/// The numbers of the Zstandard format (RFC 8878).
enum ZstdFormat {
    /// What a frame begins with.
    static let magic: UInt32 = 0xfd2f_b528

    /// What a frame to be passed over begins with; its lowest four bits are free.
    static let skippableMagic: UInt32 = 0x184d_2a50

    /// How many bytes a block holds at most.
    static let maximumBlock = 128 << 10

    /// The lengths that codes stand for: a base, and how many bits are added to it.
    struct Length {
        let base: Int
        let bits: Int
    }

    static let literalLengths: [Length] = lengths(
        from: 0, plain: 16, bits: [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])

    static let matchLengths: [Length] = lengths(
        from: 3, plain: 32, bits: [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])

    /// No offset code is larger.
    static let maximumOffsetCode = 31

    /// The code of a length in one of the two lists.
    static func code(of length: Int, in lengths: [Length]) -> Int {
        // The plain ones stand at their places; the others are few.
        let first = length - lengths[0].base
        if first < lengths.count, lengths[first].base == length, lengths[first].bits == 0 { return first }
        var code = lengths.count - 1
        while lengths[code].base > length { code -= 1 }
        return code
    }

    /// Each length begins where the one before ends.
    private static func lengths(from first: Int, plain: Int, bits: [Int]) -> [Length] {
        var lengths = (0..<plain).map { Length(base: first + $0, bits: 0) }
        var base = first + plain
        for bits in bits {
            lengths.append(Length(base: base, bits: bits))
            base += 1 << bits
        }
        return lengths
    }

    // The distributions that blocks use without sending them (3.1.1.3.2.2).
    static let literalLengthCounts: [Int16] =
        [4, 3] + many(2, 11) + [1, 1, 1] + many(2, 9) + [3, 2, 1, 1, 1, 1, 1] + many(-1, 4)
    static let matchLengthCounts: [Int16] = [1, 4, 3] + many(2, 6) + many(1, 37) + many(-1, 7)
    static let offsetCounts: [Int16] = many(1, 6) + [2, 2, 2] + many(1, 15) + many(-1, 5)

    private static func many(_ value: Int16, _ count: Int) -> [Int16] { Array(repeating: value, count: count) }
}
