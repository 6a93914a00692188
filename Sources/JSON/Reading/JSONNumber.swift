import Bytes

/// A number as it stands in a document, validated.
public struct JSONNumber: ~Escapable {
    /// The number's text: what may be copied into another document as it is.
    public let raw: RawSpan

    let decimal: Decimal

    @_lifetime(copy raw)
    init(raw: RawSpan, decimal: Decimal) {
        self.raw = raw
        self.decimal = decimal
    }

    /// The nearest Double; an infinity where it is past the largest.
    public var double: Double { Double(bitPattern: decimal.nearest(.double, text: raw)) }

    /// The Float nearest to the nearest Double, ties to even; an infinity where it is past the largest.
    ///
    /// Almost all who write JSON print the shortest text that reads as their double: 1 + 2⁻²⁴, half way between two floats, is
    /// printed as 1.0000000596046448, which is a little more. What they mean is the double.
    public var float: Float { Float(double) }

    /// The integer, where it is written without fraction and exponent and fits.
    public var int64: Int64? {
        guard decimal.isInteger, !decimal.isCut, decimal.exponent == 0 else { return nil }
        return decimal.isNegative
            ? (decimal.digits <= Int64.min.magnitude ? 0 &- Int64(truncatingIfNeeded: decimal.digits) : nil)
            : Int64(exactly: decimal.digits)
    }
}

extension JSONReader {
    /// Validates the number that begins at `start` (a minus or a digit) and takes its digits in the same pass.
    func scanNumber(from start: Int) throws(JSONError) -> Decimal {
        var decimal = Decimal()
        var at = start
        if byte(at) == UInt8(ascii: "-") {
            decimal.isNegative = true
            at += 1
            guard at < bytes.byteCount else { throw truncated() }
        }
        let firstDigit = at
        at = scanDigits(from: at, into: &decimal)
        guard at > firstDigit else { throw noDigit(at: at) }
        if at - firstDigit > 1, byte(firstDigit) == UInt8(ascii: "0") {
            throw failure(.syntax, "a number must not begin with a zero before other digits", at: start)
        }
        if at < bytes.byteCount, byte(at) == UInt8(ascii: ".") {
            decimal.isInteger = false
            let point = at
            at = scanDigits(from: at + 1, isFraction: true, into: &decimal)
            guard at > point + 1 else { throw noDigit(at: at) }
        }
        if at < bytes.byteCount, byte(at) | 0x20 == UInt8(ascii: "e") {
            decimal.isInteger = false
            at = try scanExponent(from: at + 1, into: &decimal)
        }
        decimal.end = at
        return decimal
    }

    @inline(__always)
    private func scanDigits(from start: Int, isFraction: Bool = false, into decimal: inout Decimal) -> Int {
        var at = start
        while at < bytes.byteCount {
            let digit = byte(at) &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            decimal.append(digit, isFraction: isFraction)
            at &+= 1
        }
        return at
    }

    private func scanExponent(from start: Int, into decimal: inout Decimal) throws(JSONError) -> Int {
        var at = start
        var isNegative = false
        if at < bytes.byteCount, byte(at) == UInt8(ascii: "-") || byte(at) == UInt8(ascii: "+") {
            isNegative = byte(at) == UInt8(ascii: "-")
            at += 1
        }
        let firstDigit = at
        var exponent = 0
        while at < bytes.byteCount {
            let digit = byte(at) &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            // Far past every float, and past every count of digits that could take it back.
            if exponent < 1 << 48 { exponent = exponent &* 10 &+ Int(digit) }
            at &+= 1
        }
        guard at > firstDigit else { throw noDigit(at: at) }
        decimal.exponent += isNegative ? -exponent : exponent
        return at
    }

    @inline(never)
    private func noDigit(at offset: Int) -> JSONError {
        guard offset < bytes.byteCount else { return truncated() }
        return failure(.syntax, "a digit must stand here in a number", at: offset)
    }
}
