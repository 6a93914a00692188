import Bytes

/// The classes of characters of RFC 9110, section 5.6.
enum HTTPCharacters {
    /// Whether the byte may stand in a token: a method, a header's name.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        // ! # $ % & ' * + - . 0-9, then A-Z ^ _ ` a-z | ~: a bit for each.
        let low: UInt64 = 0x03ff_6cfa_0000_0000
        let high: UInt64 = 0x57ff_ffff_c7ff_fffe
        guard byte < 128 else { return false }
        return (byte < 64 ? low : high) &>> UInt64(byte & 63) & 1 == 1
    }

    /// Whether the byte may stand in a header's value: no control characters but the tab.
    @inline(__always)
    static func isValue(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != 0x7f || byte == 0x09
    }

    /// Whether the byte may stand in a request target: visible ASCII, and no fragment.
    @inline(__always)
    static func isTarget(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "#")
    }

    /// Whether the byte may stand in an authority without user: `host:port`. A comma could, but makes it look like a list.
    @inline(__always)
    static func isAuthority(_ byte: UInt8) -> Bool {
        // ! $ % & ' ( ) * + - . 0-9 : ; =, then A-Z [ ] _ a-z ~: a bit for each.
        let low: UInt64 = 0x2fff_6ff2_0000_0000
        let high: UInt64 = 0x47ff_fffe_afff_fffe
        guard byte < 128 else { return false }
        return (byte < 64 ? low : high) &>> UInt64(byte & 63) & 1 == 1
    }
}

extension RawSpan {
    /// The byte at an offset that the caller has checked.
    @inline(__always)
    func at(_ offset: Int) -> UInt8 {
        // Every caller has compared the offset with the count.
        unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// Whether these are the letters of a literal in lower case, whatever case they stand in.
    @inlinable
    func holdsIgnoringCase(_ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard byteCount == count, literal.hasPointerRepresentation else { return false }
        for index in 0..<count {
            // In bounds by the line above; a static string's pointer covers its code units.
            let byte = unsafe unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self)
            let wanted = unsafe literal.utf8Start[index]
            let isLetter = wanted &- UInt8(ascii: "a") < 26
            if byte != wanted, !isLetter || byte | 0x20 != wanted { return false }
        }
        return true
    }

    /// Whether all bytes in the range may stand in a header's value; eight a step.
    func isHeaderValue(_ range: Range<Int>) -> Bool {
        var at = range.lowerBound
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while range.upperBound &- at >= 8 {
            // In bounds by the loop's condition.
            let word = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self)
            let deletes = word ^ (ones &* 0x7f)
            let special = (((word &- ones &* 0x20) & ~word) | ((deletes &- ones) & ~deletes)) & highs
            if special != 0 {
                for index in at..<(at &+ 8) where !HTTPCharacters.isValue(self.at(index)) { return false }
            }
            at &+= 8
        }
        while at < range.upperBound {
            if !HTTPCharacters.isValue(self.at(at)) { return false }
            at &+= 1
        }
        return true
    }

    /// The range without the spaces and tabs around it.
    @inline(__always)
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, at(start) == 0x20 || at(start) == 0x09 { start &+= 1 }
        while end > start, at(end &- 1) == 0x20 || at(end &- 1) == 0x09 { end &-= 1 }
        return start..<end
    }
}
