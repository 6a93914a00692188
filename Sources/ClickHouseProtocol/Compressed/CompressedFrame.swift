/// The frames that a compressed block is cut into: a checksum of 16 bytes, a method, two sizes of 4 bytes, the bytes. Each
/// names its method, so that both sides read what the other chose. (ClickHouse: src/Compression/CompressedReadBufferBase.cpp,
/// CompressionInfo.h.)
public enum CompressedFrame {
    /// How bytes are packed.
    public enum Method: Sendable, Hashable, CaseIterable {
        /// Not at all, but in a frame with a checksum.
        case none
        /// LZ4's block format.
        case lz4
        /// The same, written slowly and smaller: it is read as fast.
        case lz4hc
        /// Zstandard.
        case zstd

        /// The byte that a frame names it by.
        var code: UInt8 {
            switch self {
            case .none: 0x02
            case .lz4, .lz4hc: 0x82
            case .zstd: 0x90
            }
        }

        /// The method of a frame with that byte.
        init?(code: UInt8) {
            switch code {
            case 0x02: self = .none
            case 0x82: self = .lz4
            case 0x90: self = .zstd
            default: return nil
            }
        }

        /// How many bytes one byte of a frame can become, so that a small frame never takes much memory. Zstandard repeats a
        /// byte up to 131,072 times in a block of 4 bytes.
        var greatestGrowth: Int { self == .zstd ? 32_768 : 255 }
    }

    static let checksumSize = 16
    static let headerSize = 9

    /// The greatest number of bytes that ClickHouse itself puts into one frame.
    static let usualSize = 1 << 20
}
