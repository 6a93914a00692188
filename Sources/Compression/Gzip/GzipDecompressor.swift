public import Bytes
import CZlib

/// Decompresses gzip (RFC 1952), with zlib's memory kept from one use to the next.
public final class GzipDecompressor {
    // zlib keeps a pointer to the structure, which therefore must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    /// Makes a decompressor.
    ///
    /// - Throws: `CompressionError` `.library` where zlib has no memory.
    public init() throws(CompressionError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let result = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else { throw CompressionError(.library, "gzip: zlib cannot start (\(result))") }
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// Writes what the gzip members hold behind what the writer holds: `limit` bytes at most.
    ///
    /// - Throws: `CompressionError` where the bytes are no whole members, or hold more.
    public func decompress(
        _ bytes: RawSpan, into writer: inout ByteWriter, limit: Int
    ) throws(CompressionError) {
        begin(limit: limit)
        while try !advance(bytes, into: &writer, atMost: .max) {}
    }

    // MARK: In steps

    private var output = BoundedOutput("gzip", limit: 0)
    private var position = 0

    /// Begins with members that are decompressed in steps, to `limit` bytes at most.
    public func begin(limit: Int) {
        inflateReset(stream)
        output = BoundedOutput("gzip", limit: limit)
        position = 0
    }

    /// Writes some more of what the members hold behind what the writer holds.
    ///
    /// - Parameters:
    ///   - bytes: The members, whole: the same at each step.
    ///   - atMost: About how many bytes a step makes.
    /// - Returns: whether that was the last of it.
    /// - Throws: `CompressionError` where the bytes are no whole members, or hold more than the limit.
    public func advance(
        _ bytes: RawSpan, into writer: inout ByteWriter, atMost: Int
    ) throws(CompressionError) -> Bool {
        guard UInt32(exactly: bytes.byteCount) != nil else {
            throw CompressionError(.unsupported, "gzip: \(bytes.byteCount) bytes are too many")
        }
        var made = 0
        var result = Z_OK
        let before = position
        writer.write(upTo: min(output.room(compressed: bytes.byteCount), max(atMost, 1))) { target in
            bytes.withUnsafeBytes { source in
                stream.pointee.next_in = source.bytes.map { $0 + position }
                stream.pointee.avail_in = UInt32(source.count - position)
                stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(clamping: target.count)
                result = inflate(stream, Z_NO_FLUSH)
                position = source.count - Int(stream.pointee.avail_in)
                // The pointers end with this closure.
                stream.pointee.next_in = nil
                stream.pointee.next_out = nil
            }
            made = target.count - Int(stream.pointee.avail_out)
            return made
        }
        try output.count(made)
        switch result {
        case Z_STREAM_END:
            if position == bytes.byteCount { return true }
            // Another member may follow (RFC 1952, 2.2).
            inflateReset(stream)
        case Z_OK where made > 0 || position > before: break
        case Z_OK, Z_BUF_ERROR: throw .truncated("gzip")
        default: throw CompressionError(.malformed, "gzip: the bytes are damaged (zlib's error \(result))")
        }
        return false
    }
}
