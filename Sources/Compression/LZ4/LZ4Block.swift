public import Bytes
import CLZ4

/// LZ4's block format (lz4_Block_format.md): bare sequences, whose decompressed size the caller must know. ClickHouse's
/// frames hold such blocks.
public enum LZ4Block {
    /// How large the compressed bytes of `count` bytes can become; nil where there are too many for one block.
    public static func maximumCompressedCount(_ count: Int) -> Int? {
        guard let count = Int32(exactly: count) else { return nil }
        let bound = LZ4_compressBound(count)
        return bound > 0 ? Int(bound) : nil
    }

    /// Writes the compressed bytes behind what the writer holds.
    ///
    /// - Throws: `CompressionError` `.unsupported` for more than 2,113,929,216 bytes.
    public static func compress(_ bytes: RawSpan, into writer: inout ByteWriter) throws(CompressionError) {
        try compress(bytes, into: &writer) { source, target, bound in
            LZ4_compress_default(source.pointer, target, Int32(source.count), bound)
        }
    }

    /// Writes the compressed bytes behind what the writer holds: fewer of them than `compress` makes, and far more slowly
    /// (LZ4HC). They are decompressed in the same way.
    ///
    /// - Throws: `CompressionError` `.unsupported` for more than 2,113,929,216 bytes.
    public static func compressSmall(_ bytes: RawSpan, into writer: inout ByteWriter) throws(CompressionError) {
        try compress(bytes, into: &writer) { source, target, bound in
            LZ4_compress_HC(source.pointer, target, Int32(source.count), bound, LZ4HC_CLEVEL_DEFAULT)
        }
    }

    private static func compress(
        _ bytes: RawSpan, into writer: inout ByteWriter,
        with pack: (UnsafeRawBufferPointer, UnsafeMutablePointer<CChar>?, _ bound: Int32) -> Int32
    ) throws(CompressionError) {
        guard let bound = maximumCompressedCount(bytes.byteCount) else {
            throw CompressionError(.unsupported, "LZ4: \(bytes.byteCount) bytes are too many for one block")
        }
        var written: Int32 = 0
        writer.write(upTo: bound) { target in
            bytes.withUnsafeBytes { source in
                written = pack(source, target.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bound))
            }
            return Int(max(written, 0))
        }
        guard written > 0 else { throw CompressionError(.library, "LZ4: compression failed") }
    }

    /// Writes the decompressed bytes, `count` of them, behind what the writer holds.
    ///
    /// - Throws: `CompressionError` `.malformed` where the bytes are no block of that size. The writer is then as before.
    public static func decompress(
        _ bytes: RawSpan, count: Int, into writer: inout ByteWriter
    ) throws(CompressionError) {
        guard let size = Int32(exactly: count), size >= 0, let compressed = Int32(exactly: bytes.byteCount) else {
            throw CompressionError(.malformed, "LZ4: a block of \(bytes.byteCount) bytes cannot hold \(count)")
        }
        // No block grows more than 255-fold, so a size beyond that is a lie, and no reason to allocate.
        guard count <= 255 * (bytes.byteCount + 1) else {
            throw CompressionError(.malformed, "LZ4: a block of \(bytes.byteCount) bytes cannot hold \(count)")
        }
        let start = writer.count
        var result: Int32 = -1
        writer.write(upTo: count) { target in
            // LZ4 wants a target even for no bytes.
            var none: CChar = 0
            result = bytes.withUnsafeBytes { source in
                if count == 0 { return LZ4_decompress_safe(source.pointer, &none, compressed, 0) }
                return LZ4_decompress_safe(
                    source.pointer, target.baseAddress?.assumingMemoryBound(to: CChar.self), compressed, size)
            }
            return Int(max(result, 0))
        }
        guard result == size else {
            writer.truncate(to: start)
            throw CompressionError(.malformed, "LZ4: the block is damaged, or is not one of \(count) bytes")
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The start, as C libraries for bytes want it.
    var pointer: UnsafePointer<CChar>? { baseAddress?.assumingMemoryBound(to: CChar.self) }
}
