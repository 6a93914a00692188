import Bytes
import Testing

@testable import Compression

/// What all formats have in common.
@Suite struct CompressionTests {
    static let formats: [Format] = [
        Format(
            name: "gzip", compress: { bytes in try write { try GzipCompressor().compress(bytes.span, into: &$0) } },
            decompress: { bytes, limit in
                try write { try GzipDecompressor().decompress(bytes.span, into: &$0, limit: limit) }
            }),
        Format(
            name: "LZ4 frame",
            compress: { bytes in try write { try LZ4FrameCompressor().compress(bytes.span, into: &$0) } },
            decompress: { bytes, limit in
                try write { try LZ4FrameDecompressor().decompress(bytes.span, into: &$0, limit: limit) }
            }),
        Format(
            name: "Snappy frames",
            compress: { bytes in try write { try SnappyCompressor().compress(bytes.span, into: &$0) } },
            decompress: { bytes, limit in
                try write { try SnappyDecompressor.decompress(bytes.span, into: &$0, limit: limit) }
            }),
        Format(
            name: "Snappy block",
            compress: { bytes in try write { try SnappyCompressor().compressBlock(bytes.span, into: &$0) } },
            decompress: { bytes, limit in
                try write { try SnappyDecompressor.decompress(bytes.span, into: &$0, limit: limit) }
            }),
        Format(
            name: "Zstandard",
            compress: { bytes in try write { try ZstdCompressor().compress(bytes.span, into: &$0) } },
            decompress: { bytes, limit in
                try write { try ZstdDecompressor().decompress(bytes.span, into: &$0, limit: limit) }
            }),
    ]

    @Test(arguments: formats, Sample.all)
    func `what was compressed decompresses to itself`(format: Format, sample: Sample) throws {
        let compressed = try format.compress(sample.bytes)
        #expect(try format.decompress(compressed, sample.bytes.count) == sample.bytes)
    }

    @Test(arguments: formats)
    func `no more than the limit is decompressed`(format: Format) throws {
        let bytes = ByteSlice([UInt8](repeating: 7, count: 3_000_000))
        let compressed = try format.compress(bytes)
        let error = #expect(throws: CompressionError.self) { try format.decompress(compressed, bytes.count - 1) }
        #expect(error?.code == .limit)
        #expect(throws: CompressionError.self) { try format.decompress(compressed, 0) }
    }

    @Test(arguments: formats)
    func `what is cut off anywhere is an error`(format: Format) throws {
        let compressed = try format.compress(ByteSlice(utf8: String(repeating: "events and events; ", count: 40)))
        for length in 0..<compressed.count {
            // Whole frames of Snappy may end behind the header: nothing was in them.
            if format.name == "Snappy frames", length == 16 { continue }
            #expect(throws: CompressionError.self) { try format.decompress(compressed.prefix(length), 10_000) }
        }
    }

    @Test(arguments: formats)
    func `damage is an error or other bytes within the limit`(format: Format) throws {
        let compressed = try format.compress(Sample.all[6].bytes.prefix(3000))
        var bytes = compressed.array
        for index in bytes.indices {
            for change: UInt8 in [0x01, 0x80, 0xff] {
                bytes[index] ^= change
                if let made = try? format.decompress(ByteSlice(bytes), 20_000) { #expect(made.count <= 20_000) }
                bytes[index] ^= change
            }
        }
    }
}

private func write(_ body: (inout ByteWriter) throws -> Void) throws -> ByteSlice {
    var writer = ByteWriter()
    try body(&writer)
    return writer.finish()
}
