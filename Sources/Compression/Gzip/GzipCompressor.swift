public import Bytes
import CZlib

/// Compresses to gzip (RFC 1952), with zlib's memory kept from one use to the next.
public final class GzipCompressor {
    // zlib keeps a pointer to the structure, which therefore must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    /// Makes a compressor.
    ///
    /// - Parameter level: 1 (fast) to 9 (small); -1 for zlib's default, 6.
    /// - Throws: `CompressionError` `.library` for another level, or where zlib has no memory.
    public init(level: Int = -1) throws(CompressionError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // A window of 32 KiB (15 bits); 16 more asks for gzip's header and trailer.
        let result = deflateInit2_(
            stream, Int32(clamping: level), Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else { throw CompressionError(.library, "gzip: zlib cannot start (\(result))") }
    }

    deinit {
        deflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// Writes the bytes as one gzip member behind what the writer holds.
    ///
    /// - Throws: `CompressionError` where there are more than 4,294,967,295 bytes, or zlib fails.
    public func compress(_ bytes: RawSpan, into writer: inout ByteWriter) throws(CompressionError) {
        guard let count = UInt32(exactly: bytes.byteCount) else {
            throw CompressionError(.unsupported, "gzip: \(bytes.byteCount) bytes are too many")
        }
        deflateReset(stream)
        let bound = Int(deflateBound(stream, uLong(count)))
        var result = Z_OK
        writer.write(upTo: bound) { target in
            bytes.withUnsafeBytes { source in
                stream.pointee.next_in = source.bytes
                stream.pointee.avail_in = count
                stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(clamping: target.count)
                result = deflate(stream, Z_FINISH)
            }
            return target.count - Int(stream.pointee.avail_out)
        }
        guard result == Z_STREAM_END else { throw CompressionError(.library, "gzip: zlib failed (\(result))") }
    }
}

extension UnsafeRawBufferPointer {
    /// The start, as zlib wants it: it never writes there.
    var bytes: UnsafeMutablePointer<UInt8>? {
        UnsafeMutablePointer(mutating: baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
}
