public import Bytes
import CLZ4

/// Decompresses LZ4's frame format (lz4_Frame_format.md), with the library's memory kept from one use to the next.
public final class LZ4FrameDecompressor {
    private let context: OpaquePointer

    /// Makes a decompressor.
    ///
    /// - Throws: `CompressionError` `.library` where the library has no memory.
    public init() throws(CompressionError) {
        var made: OpaquePointer?
        let result = LZ4F_createDecompressionContext(&made, UInt32(LZ4F_VERSION))
        guard LZ4F_isError(result) == 0, let made else { throw CompressionError(.library, "LZ4: no memory") }
        context = made
    }

    deinit {
        LZ4F_freeDecompressionContext(context)
    }

    /// Writes what the frame holds behind what the writer holds: `limit` bytes at most.
    ///
    /// - Throws: `CompressionError` where the bytes are no whole frame, or hold more.
    public func decompress(
        _ bytes: RawSpan, into writer: inout ByteWriter, limit: Int
    ) throws(CompressionError) {
        LZ4F_resetDecompressionContext(context)
        var output = BoundedOutput("LZ4", limit: limit)
        var position = 0
        while true {
            var taken = 0
            var made = 0
            var result = 0
            writer.write(upTo: output.room(compressed: bytes.byteCount)) { target in
                bytes.withUnsafeBytes { source in
                    taken = source.count - position
                    made = target.count
                    result = LZ4F_decompress(
                        context, target.baseAddress, &made, source.baseAddress.map { $0 + position }, &taken, nil)
                }
                return LZ4F_isError(result) == 0 ? made : 0
            }
            guard LZ4F_isError(result) == 0 else {
                throw CompressionError(.malformed, "LZ4: \(String(cString: LZ4F_getErrorName(result)))")
            }
            try output.count(made)
            position += taken
            if result == 0 {
                guard position == bytes.byteCount else {
                    throw CompressionError(.malformed, "LZ4: bytes follow the frame")
                }
                return
            }
            guard taken > 0 || made > 0 else { throw .truncated("LZ4") }
        }
    }
}
