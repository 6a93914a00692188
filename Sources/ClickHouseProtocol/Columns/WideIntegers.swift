/// A whole number of 256 bits without a sign: four words, the least significant first, as on the wire.
public struct UInt256: Hashable, Sendable, BitwiseCopyable {
    /// The lower 128 bits.
    public var low: UInt128
    /// The upper 128 bits.
    public var high: UInt128

    /// Makes a number of its halves.
    @inlinable
    public init(high: UInt128 = 0, low: UInt128) {
        self.high = high
        self.low = low
    }
}

/// A whole number of 256 bits in two's complement, as on the wire.
public struct Int256: Hashable, Sendable, BitwiseCopyable {
    /// The lower 128 bits.
    public var low: UInt128
    /// The upper 128 bits, and the sign.
    public var high: Int128

    /// Makes a number of its halves.
    @inlinable
    public init(high: Int128, low: UInt128) {
        self.high = high
        self.low = low
    }

    /// Makes a number of a smaller one.
    @inlinable
    public init(_ value: Int128) {
        high = value < 0 ? -1 : 0
        low = UInt128(bitPattern: value)
    }
}
