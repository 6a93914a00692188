import Bytes

/// A number in decimal: up to 19 significant digits, a power of ten, and whether digits were left out.
struct Decimal {
    var digits: UInt64 = 0
    var exponent = 0
    var isNegative = false
    /// Whether it is written without fraction and exponent.
    var isInteger = true
    /// Whether digits other than zero follow those kept.
    var isCut = false
    /// The offset behind the number's text.
    var end = 0

    /// Takes the next digit.
    @inline(__always)
    mutating func append(_ digit: UInt8, isFraction: Bool) {
        // 19 digits always fit 64 bits.
        if digits < 1_000_000_000_000_000_000 {
            digits = digits &* 10 &+ UInt64(digit)
            if isFraction { exponent &-= 1 }
        } else {
            if digit != 0 { isCut = true }
            if !isFraction { exponent &+= 1 }
        }
    }

    /// The bits of the nearest float, ties to even; an infinity's where it is past the largest.
    ///
    /// - Parameter text: The number as it is written, for the rare cases that take all of its digits.
    func nearest(_ format: BinaryFormat, text: RawSpan) -> UInt64 {
        let sign: UInt64 = isNegative ? format.signBit : 0
        guard digits != 0 else { return sign }
        if let bits = format.nearest(digits: digits, exponent: exponent) {
            // What lies between two decimals that round to one float rounds to it, too.
            if !isCut || bits == format.nearest(digits: digits + 1, exponent: exponent) { return sign | bits }
        }
        return slowly(text) ?? format.infinity
    }

    /// By the standard library, which takes every digit into account, in the C locale. Not for the usual numbers: a
    /// `String` is made of the text. A number's text is ASCII and such that the initialiser takes it, so it gives no nil.
    @inline(never)
    private func slowly(_ text: RawSpan) -> UInt64? { Double(String(validating: text) ?? "")?.bitPattern }
}
