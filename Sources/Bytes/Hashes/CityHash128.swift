/// CityHash128 as of version 1.0.2, which ClickHouse checks its compressed frames by. Later versions give other results.
///
/// (Geoff Pike and Jyrki Alakuijala's algorithm; ClickHouse keeps this version under contrib/cityhash102.)
public enum CityHash128 {
    /// A hash: two halves, in the order in which ClickHouse writes them, each with its least significant byte first.
    public struct Value: Hashable, Sendable {
        /// The half that is written first.
        public let low: UInt64
        /// The half that is written second.
        public let high: UInt64

        /// Makes a hash of its halves.
        @inlinable
        public init(low: UInt64, high: UInt64) {
            self.low = low
            self.high = high
        }
    }

    private static let k0: UInt64 = 0xc3a5_c85c_97cb_3127
    private static let k1: UInt64 = 0xb492_b66f_be98_f273
    private static let k2: UInt64 = 0x9ae1_6a3b_2f90_404f
    private static let k3: UInt64 = 0xc949_d7c7_509e_6557

    /// The hash of the bytes.
    public static func hash(_ bytes: RawSpan) -> Value {
        let count = bytes.byteCount
        if count >= 16 {
            let seed = Value(low: word(bytes, 0) ^ k3, high: word(bytes, 8))
            return hash(bytes.extracting(16..<count), seed)
        }
        if count >= 8 {
            let seed = Value(
                low: word(bytes, 0) ^ (UInt64(count) &* k0), high: word(bytes, count &- 8) ^ k1)
            return murmur(bytes.extracting(0..<0), seed)
        }
        return murmur(bytes, Value(low: k0, high: k1))
    }

    private static func hash(_ bytes: RawSpan, _ seed: Value) -> Value {
        var left = bytes.byteCount
        guard left >= 128 else { return murmur(bytes, seed) }
        var x = seed.low
        var y = seed.high
        var z = UInt64(left) &* k1
        let first = rotate(y ^ k1, 49) &* k1 &+ word(bytes, 0)
        var v = (first: first, second: rotate(first, 42) &* k1 &+ word(bytes, 8))
        var w = (first: rotate(y &+ z, 35) &* k1 &+ x, second: rotate(x &+ word(bytes, 88), 53) &* k1)
        var position = 0
        repeat {
            for _ in 0..<2 {
                x = rotate(x &+ y &+ v.first &+ word(bytes, position &+ 16), 37) &* k1
                y = rotate(y &+ v.second &+ word(bytes, position &+ 48), 42) &* k1
                x ^= w.second
                y ^= v.first
                z = rotate(z ^ w.first, 33)
                v = weak(bytes, position, v.second &* k1, x &+ w.first)
                w = weak(bytes, position &+ 32, z &+ w.second, y)
                swap(&z, &x)
                position &+= 64
            }
            left &-= 128
        } while left >= 128
        y = y &+ (rotate(w.first, 37) &* k0 &+ z)
        x = x &+ rotate(v.first &+ z, 49) &* k0
        // Up to four pieces of 32 bytes from the end; the last may reach back into what was read.
        var tail = 0
        while tail < left {
            tail &+= 32
            y = rotate(y &- x, 42) &* k0 &+ v.second
            w.first = w.first &+ word(bytes, position &+ left &- tail &+ 16)
            x = rotate(x, 49) &* k0 &+ w.first
            w.first = w.first &+ v.first
            v = weak(bytes, position &+ left &- tail, v.first, v.second)
        }
        x = mix(x, v.first)
        y = mix(y, w.first)
        return Value(
            low: mix(x &+ v.second, w.second) &+ y, high: mix(x &+ w.second, y &+ v.second))
    }

    private static func murmur(_ bytes: RawSpan, _ seed: Value) -> Value {
        let count = bytes.byteCount
        var a = seed.low
        var b = seed.high
        var c: UInt64 = 0
        var d: UInt64 = 0
        if count <= 16 {
            a = shiftMix(a &* k1) &* k1
            c = b &* k1 &+ short(bytes)
            d = shiftMix(a &+ (count >= 8 ? word(bytes, 0) : c))
        } else {
            c = mix(word(bytes, count &- 8) &+ k1, a)
            d = mix(b &+ UInt64(count), c &+ word(bytes, count &- 16))
            a = a &+ d
            var left = count &- 16
            var position = 0
            repeat {
                a ^= shiftMix(word(bytes, position) &* k1) &* k1
                a = a &* k1
                b ^= a
                c ^= shiftMix(word(bytes, position &+ 8) &* k1) &* k1
                c = c &* k1
                d ^= c
                position &+= 16
                left &-= 16
            } while left > 0
        }
        a = mix(a, c)
        b = mix(d, b)
        return Value(low: a ^ b, high: mix(b, a))
    }

    /// Up to 16 bytes.
    private static func short(_ bytes: RawSpan) -> UInt64 {
        let count = bytes.byteCount
        let length = UInt64(count)
        if count > 8 {
            let a = word(bytes, 0)
            let b = word(bytes, count &- 8)
            return mix(a, rotate(b &+ length, length)) ^ b
        }
        if count >= 4 { return mix(length &+ (half(bytes, 0) &<< 3), half(bytes, count &- 4)) }
        guard count > 0 else { return k2 }
        let y = UInt64(bytes[0]) &+ (UInt64(bytes[count &>> 1]) &<< 8)
        let z = length &+ (UInt64(bytes[count &- 1]) &<< 2)
        return shiftMix((y &* k2) ^ (z &* k3)) &* k2
    }

    @inline(__always)
    private static func word(_ bytes: RawSpan, _ offset: Int) -> UInt64 {
        assert(offset >= 0 && offset + 8 <= bytes.byteCount)
        // In bounds: the algorithm reads no further than the count that it checks before; the tests' debug builds assert it.
        return unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self).littleEndian
    }

    private static func half(_ bytes: RawSpan, _ offset: Int) -> UInt64 {
        // In bounds: only called with four bytes at least.
        UInt64(unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian)
    }

    @inline(__always)
    private static func rotate(_ value: UInt64, _ by: UInt64) -> UInt64 { (value &>> by) | (value &<< (64 &- by)) }

    @inline(__always)
    private static func shiftMix(_ value: UInt64) -> UInt64 { value ^ (value &>> 47) }

    @inline(__always)
    private static func mix(_ u: UInt64, _ v: UInt64) -> UInt64 {
        let multiplier: UInt64 = 0x9ddf_ea08_eb38_2d69
        let a = shiftMix((u ^ v) &* multiplier)
        return shiftMix((v ^ a) &* multiplier) &* multiplier
    }

    @inline(__always)
    private static func weak(
        _ bytes: RawSpan, _ offset: Int, _ a: UInt64, _ b: UInt64
    ) -> (first: UInt64, second: UInt64) {
        let z = word(bytes, offset &+ 24)
        var a = a &+ word(bytes, offset)
        var b = rotate(b &+ a &+ z, 21)
        let c = a
        a = a &+ word(bytes, offset &+ 8)
        a = a &+ word(bytes, offset &+ 16)
        b = b &+ rotate(a, 44)
        return (a &+ z, b &+ c)
    }
}
