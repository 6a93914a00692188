/// The upper 128 bits of the powers of five, the highest bit set: cut off for powers from 0 on, rounded up below.
enum PowersOfFive {
    static let range = -342...308

    static func at(_ power: Int) -> (high: UInt64, low: UInt64) {
        let index = 2 &* (power &- range.lowerBound)
        return (table[index], table[index &+ 1])
    }

    /// Worked out once, in a few hundred thousand steps.
    private static let table: [UInt64] = {
        var table = [UInt64](repeating: 0, count: 2 * range.count)
        func store(_ value: UInt128, _ power: Int) {
            table[2 * (power - range.lowerBound)] = UInt64(truncatingIfNeeded: value >> 64)
            table[2 * (power - range.lowerBound) + 1] = UInt64(truncatingIfNeeded: value)
        }
        // Numbers of 32-bit digits, the lowest first. 5^308 has 716 bits.
        var number = [UInt32](repeating: 0, count: 32)
        number[0] = 1
        for power in 0...range.upperBound {
            store(upperBits(number), power)
            var carry: UInt64 = 0
            for index in number.indices {
                carry += UInt64(number[index]) * 5
                number[index] = UInt32(truncatingIfNeeded: carry)
                carry >>= 32
            }
        }
        // 2^1055 divided by five again and again: at 5^-342 it still has 260 bits.
        number = [UInt32](repeating: 0, count: 33)
        number[32] = 1 << 31
        for power in (range.lowerBound...(-1)).reversed() {
            var rest: UInt64 = 0
            for index in number.indices.reversed() {
                rest = rest << 32 | UInt64(number[index])
                number[index] = UInt32(truncatingIfNeeded: rest / 5)
                rest %= 5
            }
            store(upperBits(number) + 1, power)
        }
        return table
    }()

    /// The highest 128 bits of a number that is not 0, the highest of them set.
    private static func upperBits(_ number: [UInt32]) -> UInt128 {
        guard let top = number.lastIndex(where: { $0 != 0 }) else { return 0 }
        var value: UInt128 = 0
        for distance in 0..<4 where top >= distance { value |= UInt128(number[top - distance]) << (96 - 32 * distance) }
        let shift = number[top].leadingZeroBitCount
        value <<= UInt128(shift)
        if top >= 4, shift > 0 { value |= UInt128(number[top - 4] >> UInt32(32 - shift)) }
        return value
    }
}
