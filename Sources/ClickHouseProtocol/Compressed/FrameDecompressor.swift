internal import Bytes
internal import Compression

/// Reads compressed frames, whatever method each of them names.
final class FrameDecompressor {
    /// What reading a frame came to.
    enum Reading {
        /// The frame was read, and its bytes are behind those that waited in the target.
        case read
        /// So many bytes more are needed, at the least.
        case needs(Int)
    }

    /// Made when the first frame of Zstandard comes; many connections never see one.
    private var zstd: ZstdDecompressor?
    private var kept = ByteWriter(capacity: 0)

    /// Reads the frame at the start of `source`, if all of it is there, and unpacks it behind what waits in `target`.
    func read(
        from source: ReceiveBuffer, into target: ReceiveBuffer, limits: Limits
    ) throws(ClickHouseProtocolError) -> Reading {
        let checksumSize = CompressedFrame.checksumSize
        let headerSize = CompressedFrame.headerSize
        let head = checksumSize + headerSize
        guard source.count >= head else { return .needs(head - source.count) }
        let span = source.span
        var reader = ByteReader(span)
        guard let low = reader.partialInteger(UInt64.self), let high = reader.partialInteger(UInt64.self),
            let code = reader.partialByte(), let packed = reader.partialInteger(UInt32.self),
            let unpacked = reader.partialInteger(UInt32.self)
        else { return .needs(1) }
        guard let method = CompressedFrame.Method(code: code) else {
            throw ClickHouseProtocolError(
                .unsupportedCompression, "the server compresses with method 0x\(String(code, radix: 16))")
        }
        guard packed >= headerSize, packed <= limits.frameBytes, unpacked <= limits.frameBytes else {
            throw ClickHouseProtocolError(
                .limit, "a frame of \(packed) bytes, \(unpacked) unpacked; the limit is \(limits.frameBytes)")
        }
        guard Int(unpacked) <= (Int(packed) - headerSize) * method.greatestGrowth || unpacked == 0 else {
            throw ClickHouseProtocolError(.malformed, "a frame of \(packed) bytes cannot hold \(unpacked)")
        }
        let size = checksumSize + Int(packed)
        guard span.byteCount >= size else { return .needs(size - span.byteCount) }
        let hash = CityHash128.hash(span.extracting(checksumSize..<size))
        guard hash.low == low, hash.high == high else {
            throw ClickHouseProtocolError(.checksum, "a compressed frame's checksum is not that of its bytes")
        }
        let body = span.extracting(head..<size)
        do throws(CompressionError) {
            switch method {
            case .none:
                guard body.byteCount == Int(unpacked) else { throw Self.sizes }
                target.append(body)
            case .lz4, .lz4hc:
                _ = try unsafe target.fill(atLeast: Int(unpacked)) { memory throws(CompressionError) in
                    try unsafe LZ4Block.decompress(
                        body, into: UnsafeMutableRawBufferPointer(rebasing: memory[..<Int(unpacked)]))
                    return Int(unpacked)
                }
            case .zstd: try unpack(body, count: Int(unpacked), into: target)
            }
        } catch {
            throw ClickHouseProtocolError(.malformed, error.description)
        }
        source.consume(size)
        return .read
    }

    private func unpack(_ body: RawSpan, count: Int, into target: ReceiveBuffer) throws(CompressionError) {
        let decompressor = zstd ?? ZstdDecompressor()
        zstd = decompressor
        // Its span is borrowed below, which a property's cannot be.
        var output = ByteWriter(capacity: 0)
        swap(&output, &kept)
        defer { swap(&output, &kept) }
        output.removeAll()
        try decompressor.decompress(body, into: &output, limit: count)
        guard output.count == count else { throw Self.sizes }
        target.append(output.span)
    }

    private static let sizes = CompressionError(.malformed, "a frame holds another number of bytes than it says")
}
