import Bytes

extension RawSpan {
    /// The offset of the first byte at or after `start` that a string cannot just hold: a quote, a backslash, a control
    /// character, or one that is not ASCII; the end where there is none. Eight bytes a step.
    @inline(__always)
    func firstSpecialByte(from start: Int) -> Int {
        var at = start
        while byteCount &- at >= 8 {
            // In bounds by the loop's condition.
            let word = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self).littleEndian
            let special = specialBytes(word)
            // The lowest flag is exact; those above it may come from a borrow.
            if special != 0 { return at &+ special.trailingZeroBitCount / 8 }
            at &+= 8
        }
        while at < byteCount {
            let byte = unsafe unsafeLoad(fromUncheckedByteOffset: at, as: UInt8.self)
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return at }
            at &+= 1
        }
        return at
    }

    /// The high bit of each byte that is a quote, a backslash, a control character or not ASCII.
    @inline(__always)
    private func specialBytes(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let zeros = ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
        let controls = (word &- (ones &* 0x20)) & ~word
        return (zeros | controls | word) & highs
    }

    /// The length of the UTF-8 sequence of two to four bytes at `offset`, 0 where it is invalid or cut off (the
    /// Unicode Standard, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
    @inline(__always)
    func utf8SequenceLength(at offset: Int) -> Int {
        func byte(_ index: Int) -> UInt8 {
            // In bounds: callers give an offset inside, and each branch compares its length with what is left.
            unsafe unsafeLoad(fromUncheckedByteOffset: offset &+ index, as: UInt8.self)
        }
        func continues(_ index: Int) -> Bool { byte(index) & 0xc0 == 0x80 }
        let left = byteCount &- offset
        let first = byte(0)
        switch first {
        case 0xc2...0xdf:
            return left >= 2 && continues(1) ? 2 : 0
        case 0xe0...0xef:
            guard left >= 3, continues(1), continues(2) else { return 0 }
            let second = byte(1)
            if first == 0xe0, second < 0xa0 { return 0 }
            if first == 0xed, second > 0x9f { return 0 }
            return 3
        case 0xf0...0xf4:
            guard left >= 4, continues(1), continues(2), continues(3) else { return 0 }
            let second = byte(1)
            if first == 0xf0, second < 0x90 { return 0 }
            if first == 0xf4, second > 0x8f { return 0 }
            return 4
        default:
            return 0
        }
    }

    /// The value of the four hexadecimal digits at `offset`, which the caller has found inside.
    func hexadecimal(at offset: Int) -> UInt32? {
        var value: UInt32 = 0
        for index in offset..<(offset &+ 4) {
            let byte = unsafe unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self)
            guard let digit = byte.hexadecimalValue else { return nil }
            value = value &<< 4 | UInt32(digit)
        }
        return value
    }
}
