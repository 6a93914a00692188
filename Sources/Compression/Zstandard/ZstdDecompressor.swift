public import Bytes
import Glibc

/// Decompresses Zstandard (RFC 8878), with its tables kept from one use to the next. Dictionaries are not supported.
public final class ZstdDecompressor {
    private let literals = ZstdLiterals()
    private let sequences = ZstdSequences()

    /// Makes a decompressor.
    public init() {}

    /// Writes what the frames hold behind what the writer holds: `limit` bytes at most.
    ///
    /// - Throws: `CompressionError` where the bytes are no whole frames, or hold more.
    public func decompress(
        _ bytes: RawSpan, into writer: inout ByteWriter, limit: Int
    ) throws(CompressionError) {
        var reader = ByteReader(bytes)
        var output = BoundedOutput("zstd", limit: limit)
        do {
            repeat {
                let magic = try reader.readLittleEndian(UInt32.self, "a frame's magic number")
                if magic & ~15 == ZstdFormat.skippableMagic {
                    let length = try reader.readLittleEndian(UInt32.self, "a frame's length")
                    try reader.skip(Int(length), "a frame to be passed over")
                } else if magic == ZstdFormat.magic {
                    try readFrame(&reader, &writer, &output)
                } else {
                    throw CompressionError(.malformed, "zstd: the bytes are no frame")
                }
            } while !reader.isAtEnd
        } catch let error as ByteError {
            throw CompressionError(.malformed, "zstd: \(error)")
        } catch let error as CompressionError {
            throw error
        } catch {
            throw CompressionError(.malformed, "zstd: \(error)")
        }
    }

    private func readFrame(
        _ reader: inout ByteReader, _ writer: inout ByteWriter, _ output: inout BoundedOutput
    ) throws {
        let header = try ZstdFrameHeader(&reader)
        if let size = header.contentSize {
            guard size <= output.limit - output.written else { throw CompressionError.limit("zstd", output.limit) }
            // A claim is worth room only as far as the bytes that are there make it likely.
            writer.reserve(min(size, reader.remaining * 64) + ZstdFormat.maximumBlock)
        }
        literals.clear()
        sequences.clear()
        let start = writer.count
        var isLast = false
        while !isLast {
            let low = Int(try reader.readLittleEndian(UInt16.self, "a block"))
            let block = low | Int(try reader.readByte("a block")) << 16
            isLast = block & 1 == 1
            let before = writer.count
            try readBlock(kind: block >> 1 & 3, size: block >> 3, &reader, &writer, history: before - start)
            try output.count(writer.count - before)
        }
        if let size = header.contentSize, size != writer.count - start {
            throw CompressionError(.malformed, "zstd: a frame holds \(writer.count - start) bytes, not \(size)")
        }
        if header.hasChecksum {
            let expected = try reader.readLittleEndian(UInt32.self, "a frame's checksum")
            let hash = writer.span.extracting(start..<writer.count).withUnsafeBytes { XXHash64.hash($0) }
            guard UInt32(truncatingIfNeeded: hash) == expected else {
                throw CompressionError(.malformed, "zstd: a frame's checksum does not match")
            }
        }
    }

    private func readBlock(
        kind: Int, size: Int, _ reader: inout ByteReader, _ writer: inout ByteWriter, history: Int
    ) throws {
        guard size <= ZstdFormat.maximumBlock else {
            throw CompressionError(.malformed, "zstd: a block of \(size) bytes")
        }
        switch kind {
        case 0: writer.write(try reader.readSpan(size, "a block"))
        case 1: writer.write(repeating: try reader.readByte("a block"), count: size)
        case 2:
            let block = try reader.readSpan(size, "a block")
            try writer.write(upTo: ZstdFormat.maximumBlock) { target throws(CompressionError) in
                guard let target = target.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
                return try block.withUnsafeBytes { source throws(CompressionError) in
                    guard let bytes = source.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
                        throw .truncated("zstd")
                    }
                    let taken = try literals.read(bytes, count: source.count)
                    // The writer's memory is one piece: what the frame wrote before stands before the target.
                    return try sequences.run(
                        bytes + taken, count: source.count - taken, literals: literals, into: target, history: history)
                }
            }
        default: throw CompressionError(.malformed, "zstd: a block of an unknown kind")
        }
    }
}

/// What a frame begins with, behind its magic number (RFC 8878, 3.1.1.1).
struct ZstdFrameHeader {
    /// How many bytes the frame holds; nil where it does not say.
    let contentSize: Int?

    /// Whether a checksum of them follows.
    let hasChecksum: Bool

    init(_ reader: inout ByteReader) throws {
        let descriptor = try reader.readByte("a frame's header")
        guard descriptor & 8 == 0 else {
            throw CompressionError(.unsupported, "zstd: a frame has an unknown flag")
        }
        hasChecksum = descriptor & 4 != 0
        let isSingleSegment = descriptor & 32 != 0
        // How far back matches reach does not matter: all that the frame holds is kept.
        if !isSingleSegment { try reader.skip(1, "a frame's window") }
        switch descriptor & 3 {
        case 0: break
        case 1: try Self.refuse(Int(reader.readByte("a frame's dictionary")))
        case 2: try Self.refuse(Int(reader.readLittleEndian(UInt16.self, "a frame's dictionary")))
        default: try Self.refuse(Int(reader.readLittleEndian(UInt32.self, "a frame's dictionary")))
        }
        switch descriptor >> 6 {
        case 0: contentSize = isSingleSegment ? Int(try reader.readByte("a frame's size")) : nil
        case 1: contentSize = Int(try reader.readLittleEndian(UInt16.self, "a frame's size")) + 256
        case 2: contentSize = Int(try reader.readLittleEndian(UInt32.self, "a frame's size"))
        default:
            contentSize = Int(clamping: try reader.readLittleEndian(UInt64.self, "a frame's size"))
        }
    }

    private static func refuse(_ dictionary: Int) throws {
        guard dictionary == 0 else {
            throw CompressionError(.unsupported, "zstd: a frame needs dictionary \(dictionary)")
        }
    }
}
