public import Bytes
internal import Compression

/// The frames that a compressed block is cut into: a checksum of 16 bytes, a method, two sizes of 4 bytes, the bytes.
/// (ClickHouse: src/Compression/CompressedReadBufferBase.cpp, CompressionInfo.h.)
public enum CompressedFrame {
    /// How bytes are packed.
    public enum Method: UInt8, Sendable {
        /// Not at all, but in a frame with a checksum.
        case none = 0x02
        /// LZ4's block format.
        case lz4 = 0x82
    }

    static let checksumSize = 16
    static let headerSize = 9

    /// The greatest number of bytes that ClickHouse itself puts into one frame.
    static let usualSize = 1 << 20

    /// Cuts bytes into frames and writes them.
    public static func write(
        _ bytes: RawSpan, _ method: Method, into writer: inout ByteWriter
    ) throws(ClickHouseProtocolError) {
        var position = 0
        repeat {
            let end = min(position + usualSize, bytes.byteCount)
            try writeOne(bytes.extracting(position..<end), method, into: &writer)
            position = end
        } while position < bytes.byteCount
    }

    private static func writeOne(
        _ bytes: RawSpan, _ method: Method, into writer: inout ByteWriter
    ) throws(ClickHouseProtocolError) {
        let start = writer.count
        writer.write(repeating: 0, count: checksumSize)
        writer.writeByte(method.rawValue)
        writer.writeLittleEndian(UInt32(0))
        writer.writeLittleEndian(UInt32(bytes.byteCount))
        switch method {
        case .none: writer.write(bytes)
        case .lz4:
            do {
                try LZ4Block.compress(bytes, into: &writer)
            } catch {
                throw ClickHouseProtocolError(.malformed, error.description)
            }
        }
        let size = writer.count - start - checksumSize
        writer.patchLittleEndian(UInt32(size), at: start + checksumSize + 1)
        let hash = CityHash128.hash(writer.span.extracting((start + checksumSize)..<writer.count))
        writer.patchLittleEndian(hash.low, at: start)
        writer.patchLittleEndian(hash.high, at: start + 8)
    }

    /// What reading a frame came to.
    enum Reading {
        /// The frame was read, and its bytes are behind those that waited in the target.
        case read
        /// So many bytes more are needed, at the least.
        case needs(Int)
    }

    /// Reads the frame at the start of `source`, if all of it is there, and unpacks it behind what waits in `target`.
    static func read(
        from source: ReceiveBuffer, into target: ReceiveBuffer, limits: Limits
    ) throws(ClickHouseProtocolError) -> Reading {
        let head = checksumSize + headerSize
        guard source.count >= head else { return .needs(head - source.count) }
        let span = source.span
        var reader = ByteReader(span)
        guard let low = reader.partialInteger(UInt64.self), let high = reader.partialInteger(UInt64.self),
            let code = reader.partialByte(), let packed = reader.partialInteger(UInt32.self),
            let unpacked = reader.partialInteger(UInt32.self)
        else { return .needs(1) }
        guard let method = Method(rawValue: code) else {
            throw ClickHouseProtocolError(
                .unsupportedCompression,
                code == 0x90
                    ? "the server compresses with ZSTD: set network_compression_method to LZ4"
                    : "the server compresses with method 0x\(String(code, radix: 16))")
        }
        guard packed >= headerSize, packed <= limits.frameBytes, unpacked <= limits.frameBytes else {
            throw ClickHouseProtocolError(
                .limit, "a frame of \(packed) bytes, \(unpacked) unpacked; the limit is \(limits.frameBytes)")
        }
        // LZ4 makes no more than 255 bytes of one, so that a small frame never takes much memory.
        guard Int(unpacked) <= max(Int(packed) - headerSize, 0) * 255 || unpacked == 0 else {
            throw ClickHouseProtocolError(.malformed, "a frame of \(packed) bytes cannot hold \(unpacked)")
        }
        let size = checksumSize + Int(packed)
        guard span.byteCount >= size else { return .needs(size - span.byteCount) }
        let hash = CityHash128.hash(span.extracting(checksumSize..<size))
        guard hash.low == low, hash.high == high else {
            throw ClickHouseProtocolError(.checksum, "a compressed frame's checksum is not that of its bytes")
        }
        let body = span.extracting(head..<size)
        switch method {
        case .none:
            guard body.byteCount == Int(unpacked) else {
                throw ClickHouseProtocolError(.malformed, "a frame's two sizes differ though it is not compressed")
            }
            target.append(body)
        case .lz4:
            do {
                _ = try unsafe target.fill(atLeast: Int(unpacked)) { memory throws(CompressionError) in
                    try unsafe LZ4Block.decompress(
                        body, into: UnsafeMutableRawBufferPointer(rebasing: memory[..<Int(unpacked)]))
                    return Int(unpacked)
                }
            } catch {
                throw ClickHouseProtocolError(.malformed, error.description)
            }
        }
        source.consume(size)
        return .read
    }
}
