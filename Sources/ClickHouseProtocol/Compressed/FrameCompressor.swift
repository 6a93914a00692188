public import Bytes
internal import Compression

/// Writes blocks in compressed frames, with its memory kept from one block to the next.
public final class FrameCompressor {
    /// How the bytes are packed.
    public let method: CompressedFrame.Method

    /// A block's bytes before they are packed.
    private var kept = ByteWriter(capacity: 0)
    private let zstd: ZstdCompressor?

    /// Makes one.
    public init(_ method: CompressedFrame.Method) {
        self.method = method
        zstd = method == .zstd ? ZstdCompressor() : nil
    }

    /// Writes a block in frames.
    func write(
        _ block: Block, revision: Revision, into writer: inout ByteWriter
    ) throws(ClickHouseProtocolError) {
        // Its span is borrowed below, which a property's cannot be.
        var plain = ByteWriter(capacity: 0)
        swap(&plain, &kept)
        defer { swap(&plain, &kept) }
        plain.removeAll()
        try block.encode(into: &plain, revision: revision)
        try write(plain.span, into: &writer)
    }

    /// Cuts bytes into frames and writes them.
    ///
    /// - Throws: `ClickHouseProtocolError` where the library that packs could not.
    public func write(_ bytes: RawSpan, into writer: inout ByteWriter) throws(ClickHouseProtocolError) {
        var position = 0
        repeat {
            let end = min(position + CompressedFrame.usualSize, bytes.byteCount)
            try writeOne(bytes.extracting(position..<end), into: &writer)
            position = end
        } while position < bytes.byteCount
    }

    private func writeOne(_ bytes: RawSpan, into writer: inout ByteWriter) throws(ClickHouseProtocolError) {
        let start = writer.count
        let hashed = start + CompressedFrame.checksumSize
        writer.write(repeating: 0, count: CompressedFrame.checksumSize)
        writer.writeByte(method.code)
        writer.writeLittleEndian(UInt32(0))
        writer.writeLittleEndian(UInt32(bytes.byteCount))
        do {
            switch method {
            case .none: writer.write(bytes)
            case .lz4: try LZ4Block.compress(bytes, into: &writer)
            case .lz4hc: try LZ4Block.compressSmall(bytes, into: &writer)
            case .zstd: try zstd?.compress(bytes, into: &writer)
            }
        } catch {
            throw ClickHouseProtocolError(.malformed, error.description)
        }
        writer.patchLittleEndian(UInt32(writer.count - hashed), at: hashed + 1)
        let hash = CityHash128.hash(writer.span.extracting(hashed..<writer.count))
        writer.patchLittleEndian(hash.low, at: start)
        writer.patchLittleEndian(hash.high, at: start + 8)
    }
}
