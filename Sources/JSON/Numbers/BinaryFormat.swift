/// A binary float's layout, and the nearest float to a decimal by Eisel and Lemire's method (D. Lemire, “Number Parsing
/// at a Gigabyte per Second”, 2021): one or two multiplications by a 128-bit power of five, where they suffice.
struct BinaryFormat: Sendable {
    let mantissaBits: Int
    let minimumExponent: Int
    let infinitePower: Int
    /// The powers of ten for which a product may be a tie exactly.
    let tiePowers: ClosedRange<Int>
    let signBit: UInt64

    static let double = BinaryFormat(
        mantissaBits: 52, minimumExponent: -1023, infinitePower: 0x7ff, tiePowers: -4...23, signBit: 1 << 63)

    var infinity: UInt64 { UInt64(infinitePower) << UInt64(mantissaBits) }

    /// The bits of the float nearest to `digits` × 10^`exponent`, or nil where the method cannot tell.
    func nearest(digits: UInt64, exponent: Int) -> UInt64? {
        // 19 digits before such powers are below half the smallest and above the largest Double.
        if exponent < PowersOfFive.range.lowerBound { return 0 }
        if exponent > PowersOfFive.range.upperBound { return infinity }
        let leadingZeros = digits.leadingZeroBitCount
        let scaled = digits &<< UInt64(leadingZeros)
        let (high, low) = product(scaled, exponent)
        // A low half of ones may hide a carry that lower digits of the power would bring.
        if low == .max, !(-27...55).contains(exponent) { return nil }

        let upperBit = Int(high &>> 63)
        let shift = UInt64(upperBit &+ 64 &- mantissaBits &- 3)
        var mantissa = high &>> shift
        // 217706 / 65536 approximates log2(10) closely enough for all powers in the table.
        let binary = (217_706 &* exponent) &>> 16 &+ 63
        var power = binary &+ upperBit &- leadingZeros &- minimumExponent
        // Subnormal floats are rare: the slow way rounds them.
        if power <= 0 { return nil }
        // Exactly half way, and even below: round down, where adding the last bit would round up.
        if low <= 1, tiePowers.contains(exponent), mantissa & 3 == 1, mantissa &<< shift == high { mantissa &= ~1 }
        mantissa = (mantissa &+ mantissa & 1) &>> 1
        if mantissa >= 2 &<< UInt64(mantissaBits) {
            mantissa = 1 &<< UInt64(mantissaBits)
            power &+= 1
        }
        if power >= infinitePower { return infinity }
        return mantissa & ~(1 &<< UInt64(mantissaBits)) | UInt64(power) &<< UInt64(mantissaBits)
    }

    /// The upper 128 bits of `digits` times the power of five, exact enough for the mantissa's bits.
    private func product(_ digits: UInt64, _ exponent: Int) -> (high: UInt64, low: UInt64) {
        let power = PowersOfFive.at(exponent)
        var (high, low) = digits.multipliedFullWidth(by: power.high)
        let mask = UInt64.max &>> UInt64(mantissaBits &+ 3)
        if high & mask == mask {
            let carry = digits.multipliedFullWidth(by: power.low).high
            low = low &+ carry
            if carry > low { high &+= 1 }
        }
        return (high, low)
    }
}
