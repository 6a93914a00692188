extension UInt256: LosslessStringConvertible {
    /// The number of a text of decimal digits; nil where it is none, or too large.
    public init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        var value = UInt256(low: 0)
        for byte in text.utf8 {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"),
                value.append(digit: byte - UInt8(ascii: "0"))
            else { return nil }
        }
        self = value
    }

    /// The number's decimal digits.
    public var description: String {
        if high == 0 { return low.description }
        var value = self
        var digits: [UInt8] = []
        while value != UInt256(low: 0) { digits.append(UInt8(ascii: "0") + value.removeLastDigit()) }
        return String(decoding: digits.reversed(), as: UTF8.self)
    }

    /// Puts a decimal digit behind the others; false, with an unknown value, where there is no room for it.
    public mutating func append(digit: UInt8) -> Bool {
        let (carry, product) = low.multipliedFullWidth(by: 10)
        let (sum, carriesOne) = product.addingReportingOverflow(UInt128(digit))
        let (upper, isTooLarge) = high.multipliedReportingOverflow(by: 10)
        let (newHigh, overflows) = upper.addingReportingOverflow(carry + (carriesOne ? 1 : 0))
        self = UInt256(high: newHigh, low: sum)
        return !isTooLarge && !overflows
    }

    /// Divides by ten and gives what is left over: the last decimal digit.
    public mutating func removeLastDigit() -> UInt8 {
        let (upper, rest) = high.quotientAndRemainder(dividingBy: 10)
        // The rest is below 10, and so is the quotient's upper half: the division does not overflow.
        let (lower, digit) = UInt128(10).dividingFullWidth((rest, low))
        self = UInt256(high: upper, low: lower)
        return UInt8(truncatingIfNeeded: digit)
    }
}

extension Int256: LosslessStringConvertible {
    /// The number of a text of decimal digits, with or without a sign; nil where it is none, or too large.
    public init?(_ text: String) {
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        guard let magnitude = UInt256(isNegative ? String(text.dropFirst()) : text),
            let value = Int256(isNegative: isNegative, magnitude: magnitude)
        else { return nil }
        self = value
    }

    /// The number of a sign and a magnitude; nil where it is too large.
    public init?(isNegative: Bool, magnitude: UInt256) {
        let top: UInt128 = 1 << 127
        if !isNegative || magnitude == UInt256(low: 0) {
            guard magnitude.high < top else { return nil }
            self.init(high: Int128(magnitude.high), low: magnitude.low)
            return
        }
        guard magnitude.high < top || magnitude == UInt256(high: top, low: 0) else { return nil }
        let (low, carries) = (~magnitude.low).addingReportingOverflow(1)
        self.init(high: Int128(truncatingIfNeeded: ~magnitude.high &+ (carries ? 1 : 0)), low: low)
    }

    /// How far the number is from zero.
    public var magnitude: UInt256 {
        guard high < 0 else { return UInt256(high: UInt128(high), low: low) }
        let (negated, carries) = (~low).addingReportingOverflow(1)
        return UInt256(high: ~UInt128(truncatingIfNeeded: high) &+ (carries ? 1 : 0), low: negated)
    }

    /// The number's decimal digits, a minus before them where it is below zero.
    public var description: String { high < 0 ? "-\(magnitude)" : magnitude.description }
}
