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
    @inlinable
    public mutating func writeHexadecimal(_ value: UInt64, digits: Int) {
        unsafe write(upTo: digits) { target in
            for place in 0..<digits {
                let digit = UInt8(truncatingIfNeeded: value &>> UInt64(4 &* (digits &- 1 &- place))) & 0xf
                unsafe target[place] = digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &+ digit &- 10
            }
            return digits
        }
    }
}
