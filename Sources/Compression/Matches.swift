import Glibc

extension UnsafeMutablePointer<UInt8> {
    /// Copies `length` bytes from `offset` bytes before here to here, front to back: where both overlap, what was copied
    /// is copied again. Whoever calls has checked both ranges.
    func copyMatch(offset: Int, length: Int) {
        let source = self - offset
        guard offset < length else {
            memcpy(self, source, length)
            return
        }
        // What lies between the source and the end repeats itself, and doubles with each copy.
        var target = self
        var distance = offset
        var rest = length
        while rest > 0 {
            let count = Swift.min(distance, rest)
            memcpy(target, source, count)
            target += count
            distance += count
            rest -= count
        }
    }
}

extension UnsafePointer<UInt8> {
    /// The integer of four bytes here, the least significant first.
    func load32() -> UInt32 { UnsafeRawPointer(self).loadUnaligned(as: UInt32.self).littleEndian }

    /// The integer of eight bytes here, the least significant first.
    func load64() -> UInt64 { UnsafeRawPointer(self).loadUnaligned(as: UInt64.self).littleEndian }
}
