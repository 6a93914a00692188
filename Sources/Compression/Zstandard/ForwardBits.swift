/// Writes bits from the start of the memory on, as `BackwardBits` reads them back from the end.
struct ForwardBits {
    private let target: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private var held: UInt64 = 0
    private var heldBits = 0
    private var made = 0

    /// Whether all went into the memory.
    private(set) var fits = true

    init(_ target: UnsafeMutablePointer<UInt8>, capacity: Int) {
        self.target = target
        self.capacity = capacity
    }

    /// Writes the lowest `count` bits, up to 32, of a value.
    @inline(__always)
    mutating func write(_ value: Int, _ count: Int) {
        held |= (UInt64(truncatingIfNeeded: value) & (UInt64(1) &<< UInt64(count) &- 1)) &<< UInt64(heldBits)
        heldBits &+= count
        if heldBits >= 32 { flush() }
    }

    private mutating func flush() {
        while heldBits >= 8 {
            guard made < capacity else {
                fits = false
                heldBits = 0
                return
            }
            target[made] = UInt8(truncatingIfNeeded: held)
            made += 1
            held >>= 8
            heldBits -= 8
        }
    }

    /// Ends the stream by its mark; how many bytes it has, or nil where the memory did not suffice.
    mutating func finish() -> Int? {
        write(1, 1)
        heldBits = (heldBits + 7) & ~7
        flush()
        return fits ? made : nil
    }
}
