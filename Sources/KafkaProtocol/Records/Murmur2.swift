import Bytes

/// MurmurHash2 as Kafka's Java producer uses it to pick the partition of a key.
public enum Murmur2 {
    /// The hash of the bytes.
    public static func hash(_ bytes: RawSpan) -> UInt32 {
        let multiplier: UInt32 = 0x5bd1_e995
        var hash: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: bytes.byteCount)
        var position = 0
        while bytes.byteCount &- position >= 4 {
            // In bounds by the loop's condition.
            var word = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt32.self).littleEndian
            word = word &* multiplier
            word ^= word &>> 24
            hash = hash &* multiplier ^ word &* multiplier
            position &+= 4
        }
        let rest = bytes.byteCount &- position
        if rest > 0 {
            for index in 0..<rest { hash ^= UInt32(bytes[position &+ index]) &<< UInt32(8 &* index) }
            hash = hash &* multiplier
        }
        hash ^= hash &>> 13
        hash = hash &* multiplier
        return hash ^ hash &>> 15
    }

    /// The partition that Kafka's Java producer picks for a key.
    ///
    /// - Precondition: `count`, the topic's number of partitions, is above zero.
    public static func partition(of key: RawSpan, count: Int32) -> Int32 {
        precondition(count > 0, "a topic has at least one partition")
        return Int32(hash(key) & 0x7fff_ffff) % count
    }
}
