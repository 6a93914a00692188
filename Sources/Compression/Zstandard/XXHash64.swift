import Bytes

/// The 64-bit hash of xxHash, whose lower half ends Zstandard's frames.
enum XXHash64 {
    private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0x9e37_79b1_85eb_ca87, 0xc2b2_ae3d_27d4_eb4f, 0x1656_67b1_9e37_79f9, 0x85eb_ca77_c2b2_ae63,
        0x27d4_eb2f_1656_67c5
    )

    /// The hash of the bytes, with the seed 0.
    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let (prime1, prime2, prime3, prime4, prime5) = primes
        func word(_ offset: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian }
        var position = 0
        var hash: UInt64
        if bytes.count >= 32 {
            var lanes: SIMD4<UInt64> = [prime1 &+ prime2, prime2, 0, 0 &- prime1]
            while bytes.count - position >= 32 {
                let words: SIMD4<UInt64> = [
                    word(position), word(position + 8), word(position + 16), word(position + 24),
                ]
                lanes = lanes &+ words &* prime2
                lanes = (lanes &<< 31 | lanes &>> 33) &* prime1
                position += 32
            }
            hash = rotate(lanes[0], 1) &+ rotate(lanes[1], 7) &+ rotate(lanes[2], 12) &+ rotate(lanes[3], 18)
            for lane in 0..<4 {
                hash ^= rotate(lanes[lane] &* prime2, 31) &* prime1
                hash = hash &* prime1 &+ prime4
            }
        } else {
            hash = prime5
        }
        hash &+= UInt64(bytes.count)
        while bytes.count - position >= 8 {
            hash ^= rotate(word(position) &* prime2, 31) &* prime1
            hash = rotate(hash, 27) &* prime1 &+ prime4
            position += 8
        }
        if bytes.count - position >= 4 {
            let half = bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self).littleEndian
            hash ^= UInt64(half) &* prime1
            hash = rotate(hash, 23) &* prime2 &+ prime3
            position += 4
        }
        while position < bytes.count {
            hash ^= UInt64(bytes[position]) &* prime5
            hash = rotate(hash, 11) &* prime1
            position += 1
        }
        hash = (hash ^ hash >> 33) &* prime2
        hash = (hash ^ hash >> 29) &* prime3
        return hash ^ hash >> 32
    }

    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value &<< count | value &>> (64 &- count) }
}
