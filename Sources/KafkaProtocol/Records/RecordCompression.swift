public import Bytes
import Compression

/// Compresses batches' records; keeps the libraries' memory from batch to batch, and is made once a loop.
public final class RecordCompressor {
    private let level: Int?
    private var gzip: GzipCompressor?
    private var snappy: SnappyCompressor?
    private var lz4: LZ4FrameCompressor?
    private var zstd: ZstdCompressor?

    /// Makes a compressor.
    ///
    /// - Parameter level: how hard to try, as gzip and LZ4 count it; nil for their defaults.
    public init(level: Int? = nil) { self.level = level }

    /// Writes the compressed bytes behind what the writer holds.
    func compress(
        _ bytes: RawSpan, _ type: CompressionType, into writer: inout ByteWriter
    ) throws(KafkaProtocolError) {
        do throws(CompressionError) {
            switch type {
            case .none: writer.write(bytes)
            case .gzip:
                let compressor = if let gzip { gzip } else { try GzipCompressor(level: level ?? -1) }
                gzip = compressor
                try compressor.compress(bytes, into: &writer)
            case .snappy:
                let compressor = snappy ?? SnappyCompressor()
                snappy = compressor
                try compressor.compress(bytes, into: &writer)
            case .lz4:
                let compressor = if let lz4 { lz4 } else { try LZ4FrameCompressor(level: level ?? 0) }
                lz4 = compressor
                try compressor.compress(bytes, into: &writer)
            case .zstd:
                let compressor = zstd ?? ZstdCompressor()
                zstd = compressor
                try compressor.compress(bytes, into: &writer)
            default: throw CompressionError(.unsupported, "\(type) is not supported")
            }
        } catch {
            throw KafkaProtocolError(error)
        }
    }
}

/// Decompresses batches' records; keeps the libraries' memory from batch to batch, and is made once a loop.
public final class RecordDecompressor {
    /// How many bytes a batch may have when decompressed, unless the caller says otherwise: 128 MiB.
    public static let standardLimit = 128 << 20

    private var gzip: GzipDecompressor?
    private var lz4: LZ4FrameDecompressor?
    private var zstd: ZstdDecompressor?

    /// Makes a decompressor.
    public init() {}

    /// The decompressed bytes: the same slice where they are not compressed.
    ///
    /// - Throws: `KafkaProtocolError` where they are damaged, or there are more than `limit`.
    public func decompress(
        _ bytes: ByteSlice, _ type: CompressionType, limit: Int = standardLimit
    ) throws(KafkaProtocolError) -> ByteSlice {
        if type == .none { return bytes }
        var writer = ByteWriter(capacity: 0)
        do throws(CompressionError) {
            switch type {
            case .gzip:
                let decompressor = if let gzip { gzip } else { try GzipDecompressor() }
                gzip = decompressor
                try decompressor.decompress(bytes.span, into: &writer, limit: limit)
            case .snappy: try SnappyDecompressor.decompress(bytes.span, into: &writer, limit: limit)
            case .lz4:
                let decompressor = if let lz4 { lz4 } else { try LZ4FrameDecompressor() }
                lz4 = decompressor
                try decompressor.decompress(bytes.span, into: &writer, limit: limit)
            case .zstd:
                let decompressor = zstd ?? ZstdDecompressor()
                zstd = decompressor
                try decompressor.decompress(bytes.span, into: &writer, limit: limit)
            default: throw CompressionError(.unsupported, "\(type) is not supported")
            }
        } catch {
            throw KafkaProtocolError(error)
        }
        return writer.finish()
    }
}

extension KafkaProtocolError {
    init(_ error: CompressionError) {
        let code: Code =
            switch error.code {
            case .limit: .limit
            case .unsupported: .unsupported
            default: .malformed
            }
        self.init(code, error.message)
    }
}
