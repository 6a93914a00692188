internal import CLinux

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4): what Kafka's record batches are checked by.
///
/// The processor's instruction where it has one, tables elsewhere, with the same results.
public enum CRC32C {
    /// The checksum of the bytes.
    public static func checksum(_ bytes: RawSpan) -> UInt32 {
        hasInstruction ? byInstruction(bytes) : byTables(bytes)
    }

    private static let hasInstruction = clinux_has_crc32c() != 0

    static func byInstruction(_ bytes: RawSpan) -> UInt32 {
        unsafe bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            // The pointer and the count are those of the span.
            return ~(unsafe clinux_crc32c(~0, start.assumingMemoryBound(to: UInt8.self), buffer.count))
        }
    }

    /// Eight bytes a step ("slicing by 8"): one table for each distance from the end of the step.
    static func byTables(_ bytes: RawSpan) -> UInt32 {
        let tables = self.tables.span
        func entry(_ table: Int, _ index: UInt32) -> UInt32 { tables[table &* 256 &+ Int(index & 0xff)] }
        var crc: UInt32 = ~0
        var position = 0
        while bytes.byteCount &- position >= 8 {
            // In bounds by the loop's condition.
            let word = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self).littleEndian
            let low = UInt32(truncatingIfNeeded: word) ^ crc
            let high = UInt32(truncatingIfNeeded: word &>> 32)
            crc = entry(7, low) ^ entry(6, low &>> 8) ^ entry(5, low &>> 16) ^ entry(4, low &>> 24)
            crc ^= entry(3, high) ^ entry(2, high &>> 8) ^ entry(1, high &>> 16) ^ entry(0, high &>> 24)
            position &+= 8
        }
        while position < bytes.byteCount {
            crc = (crc &>> 8) ^ entry(0, crc ^ UInt32(bytes[position]))
            position &+= 1
        }
        return ~crc
    }

    private static let tables: [UInt32] = {
        let polynomial: UInt32 = 0x82f6_3b78
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ polynomial : value >> 1 }
            tables[index] = value
        }
        for table in 1..<8 {
            for index in 0..<256 {
                let previous = tables[(table - 1) * 256 + index]
                tables[table * 256 + index] = (previous >> 8) ^ tables[Int(previous & 0xff)]
            }
        }
        return tables
    }()
}
