public import Bytes
import CLZ4

/// Compresses to LZ4's frame format (lz4_Frame_format.md), with the library's memory kept from one use to the next.
///
/// The blocks are independent and of 64 KiB, since Kafka's Java clients read no others.
public final class LZ4FrameCompressor {
    private let context: OpaquePointer
    private var preferences = LZ4F_preferences_t()
    private var options = LZ4F_compressOptions_t()

    /// Makes a compressor.
    ///
    /// - Parameter level: up to 0 is fast, 3 to 12 are smaller and slower.
    /// - Throws: `CompressionError` `.library` where the library has no memory.
    public init(level: Int = 0) throws(CompressionError) {
        var made: OpaquePointer?
        try Self.check(LZ4F_createCompressionContext(&made, UInt32(LZ4F_VERSION)))
        guard let made else { throw CompressionError(.library, "LZ4: no memory") }
        context = made
        preferences.frameInfo.blockMode = LZ4F_blockIndependent
        preferences.frameInfo.blockSizeID = LZ4F_max64KB
        preferences.compressionLevel = Int32(clamping: level)
        // What is given goes out at once, and stays in place meanwhile: the library need not keep a copy.
        preferences.autoFlush = 1
        options.stableSrc = 1
    }

    deinit {
        LZ4F_freeCompressionContext(context)
    }

    /// Writes the bytes as one frame behind what the writer holds.
    ///
    /// - Throws: `CompressionError` `.library` where the library fails.
    public func compress(_ bytes: RawSpan, into writer: inout ByteWriter) throws(CompressionError) {
        let bound = LZ4F_compressBound(bytes.byteCount, &preferences) + Int(LZ4F_HEADER_SIZE_MAX)
        try writer.write(upTo: bound) { target throws(CompressionError) in
            var end = try Self.check(LZ4F_compressBegin(context, target.baseAddress, target.count, &preferences))
            let update = bytes.withUnsafeBytes { source in
                LZ4F_compressUpdate(
                    context, target.baseAddress.map { $0 + end }, target.count - end, source.baseAddress, source.count,
                    &options)
            }
            end += try Self.check(update)
            end += try Self.check(
                LZ4F_compressEnd(context, target.baseAddress.map { $0 + end }, target.count - end, &options))
            return end
        }
    }

    @discardableResult
    private static func check(_ result: Int) throws(CompressionError) -> Int {
        guard LZ4F_isError(result) == 0 else {
            throw CompressionError(.library, "LZ4: \(String(cString: LZ4F_getErrorName(result)))")
        }
        return result
    }
}
