import CLZ4

extension LZ4Block {
    /// Decompresses a block into memory that is as large as what the block holds; nothing is written past its end,
    /// whatever the block says.
    ///
    /// - Throws: `CompressionError` `.malformed` where the bytes are no block of that size. The memory may be written then.
    public static func decompress(
        _ bytes: RawSpan, into target: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) {
        guard let size = Int32(exactly: target.count), let compressed = Int32(exactly: bytes.byteCount) else {
            throw CompressionError(
                .malformed, "LZ4: a block of \(bytes.byteCount) bytes cannot hold \(target.count)")
        }
        let result = bytes.withUnsafeBytes { source in
            LZ4_decompress_safe(
                source.pointer, target.baseAddress?.assumingMemoryBound(to: CChar.self), compressed, size)
        }
        guard result == size else {
            throw CompressionError(.malformed, "LZ4: the block is damaged, or is not one of \(target.count) bytes")
        }
    }
}
