extension UInt8 {
    /// What the byte stands for as a hexadecimal digit, of either case; nil where it is none.
    @inlinable
    public var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }
}

extension ByteWriter {
    /// Writes an integer in decimal.
    @inlinable
    public mutating func writeDecimal(_ value: some FixedWidthInteger) {
        if value < 0 { writeByte(UInt8(ascii: "-")) }
        let magnitude = UInt64(value.magnitude)
        var length = 1
        var bound: UInt64 = 10
        while length < 20, magnitude >= bound {
            length += 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        writeDecimal(magnitude, digits: length)
    }

    /// Writes so many decimal digits of an integer, zeros in front where it has fewer, the lowest where it has more.
    @inlinable
    public mutating func writeDecimal(_ value: UInt64, digits: Int) {
        unsafe write(upTo: digits) { target in
            var rest = value
            for place in (0..<digits).reversed() {
                unsafe target[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return digits
        }
    }

    /// Writes so many hexadecimal digits of an integer, in lower case, the lowest where it has more.
    ///
    /// - Parameter digits: how many, up to 16.
    @inlinable
    public mutating func writeHexadecimal(_ value: UInt64, digits: Int) {
        let digits = min(max(digits, 0), 16)
        if digits > 8 { writeHexadecimal(UInt32(truncatingIfNeeded: value &>> 32), lowest: digits &- 8) }
        writeHexadecimal(UInt32(truncatingIfNeeded: value), lowest: min(digits, 8))
    }

    /// Writes up to eight digits, all of them computed at once: one byte each of a word.
    @inlinable
    mutating func writeHexadecimal(_ value: UInt32, lowest digits: Int) {
        // The highest half byte goes to the first place in memory, which is the word's lowest byte.
        var places = UInt64(value.byteSwapped)
        places = (places | places &<< 16) & 0x0000_ffff_0000_ffff
        places = (places | places &<< 8) & 0x00ff_00ff_00ff_00ff
        places = (places &>> 4 | places &<< 8) & 0x0f0f_0f0f_0f0f_0f0f
        // Past nine the letters begin, 39 places behind the digits.
        let letters = (places &+ 0x0606_0606_0606_0606) &>> 4 & 0x0101_0101_0101_0101
        let text = places &+ 0x3030_3030_3030_3030 &+ letters &* 39
        unsafe write(upTo: digits) { target in
            for place in 0..<digits {
                unsafe target[place] = UInt8(truncatingIfNeeded: text &>> UInt64(8 &* (place &+ 8 &- digits)))
            }
            return digits
        }
    }
}
