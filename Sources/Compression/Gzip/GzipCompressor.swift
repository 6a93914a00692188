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

    // MARK: In pieces

    /// What comes behind a piece.
    public enum Following: Sendable {
        /// Another piece: some of this one may be kept back until then.
        case more
        /// Perhaps nothing for a while: all that came so far can be decompressed.
        case pause
        /// Nothing: the member ends.
        case end
    }

    /// Begins a member that comes in pieces.
    public func begin() { deflateReset(stream) }

    /// Writes what a piece of the member becomes behind what the writer holds.
    ///
    /// - Throws: `CompressionError` where the piece has more than 4,294,967,295 bytes, or zlib fails.
    public func compress(
        piece: RawSpan, then following: Following, into writer: inout ByteWriter
    ) throws(CompressionError) {
        guard UInt32(exactly: piece.byteCount) != nil else {
            throw CompressionError(.unsupported, "gzip: \(piece.byteCount) bytes are too many")
        }
        let flush =
            switch following {
            case .more: Z_NO_FLUSH
            case .pause: Z_SYNC_FLUSH
            case .end: Z_FINISH
            }
        var position = 0
        while true {
            var result = Z_OK
            var isFull = false
            writer.write(upTo: min(max(piece.byteCount - position, 256), 65_536)) { target in
                piece.withUnsafeBytes { source in
                    stream.pointee.next_in = source.bytes.map { $0 + position }
                    stream.pointee.avail_in = UInt32(source.count - position)
                    stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    stream.pointee.avail_out = UInt32(clamping: target.count)
                    result = deflate(stream, flush)
                    position = source.count - Int(stream.pointee.avail_in)
                    // The pointers end with this closure.
                    stream.pointee.next_in = nil
                    stream.pointee.next_out = nil
                }
                isFull = stream.pointee.avail_out == 0
                return target.count - Int(stream.pointee.avail_out)
            }
            if result == Z_STREAM_END { return }
            // There may have been exactly enough room, and nothing left to do.
            guard result == Z_OK || result == Z_BUF_ERROR, isFull || following != .end else {
                throw CompressionError(.library, "gzip: zlib failed (\(result))")
            }
            if !isFull { return }
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The start, as zlib wants it: it never writes there.
    var bytes: UnsafeMutablePointer<UInt8>? {
        UnsafeMutablePointer(mutating: baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
}
