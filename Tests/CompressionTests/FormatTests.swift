import Bytes
import Testing

@testable import Compression

/// Bytes that other programs have written, or that the formats' texts give.
@Suite struct FormatTests {
    private func zstd(_ bytes: [UInt8], limit: Int = 1 << 20) throws -> ByteSlice {
        var writer = ByteWriter()
        try ZstdDecompressor().decompress(ByteSlice(bytes).span, into: &writer, limit: limit)
        return writer.finish()
    }

    @Test func `xxHash gives its published values`() {
        let hashes = ["", "a", "abc"].map { text in
            ByteSlice(utf8: text).withUnsafeBytes { XXHash64.hash($0) }
        }
        #expect(hashes == [0xef46_db37_51d8_e999, 0xd24e_c4f1_a98c_6e5b, 0x44bc_2cf5_ad77_0999])
    }

    @Test func `Zstandard: raw and repeated blocks, frames to be passed over, frames behind one another`() throws {
        let raw: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 3, 0x19, 0, 0, 97, 98, 99]
        let repeated: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 5, 0x2b, 0, 0, 120]
        let skippable: [UInt8] = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]
        #expect(try zstd(raw).utf8 == "abc")
        #expect(try zstd(repeated).utf8 == "xxxxx")
        #expect(try zstd(raw + skippable + repeated).utf8 == "abcxxxxx")
    }

    @Test func `Zstandard: a dictionary, an unknown kind of block and a wrong size are refused`() {
        for bytes: [UInt8] in [
            [0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 3, 0x19, 0, 0, 97, 98, 99],
            [0x28, 0xb5, 0x2f, 0xfd, 0x20, 3, 0x1f, 0, 0, 97, 98, 99],
            [0x28, 0xb5, 0x2f, 0xfd, 0x20, 4, 0x19, 0, 0, 97, 98, 99],
        ] {
            #expect(throws: CompressionError.self) { try zstd(bytes) }
        }
    }

    @Test func `Snappy: literals and copies that overlap`() throws {
        var writer = ByteWriter()
        // Eleven bytes: the literal "ab", then nine from two bytes before.
        try SnappyDecompressor.decompress(
            ByteSlice([11, 1 << 2, 97, 98, 8 << 2 | 2, 2, 0]).span, into: &writer, limit: 11)
        let made = writer.finish()
        #expect(made.utf8 == "abababababa")
    }

    @Test func `gzip: members behind one another are one text`() throws {
        var writer = ByteWriter()
        let compressor = try GzipCompressor()
        for text in ["one ", "two"] { try compressor.compress(ByteSlice(utf8: text).span, into: &writer) }
        let members = writer.take()
        try GzipDecompressor().decompress(members.span, into: &writer, limit: 7)
        let made = writer.finish()
        #expect(made.utf8 == "one two")
    }

    @Test(arguments: Sample.all) func `gzip: in pieces, all that came before a pause can be decompressed`(
        sample: Sample
    ) throws {
        let compressor = try GzipCompressor(level: 1)
        let decompressor = try GzipDecompressor()
        let bytes = sample.bytes
        for size in [7_000, 65_536, 1 << 20] {
            compressor.begin()
            var writer = ByteWriter()
            // One that was given up harms no other.
            try compressor.compress(piece: bytes.span, then: .more, into: &writer)
            writer.removeAll()
            compressor.begin()
            var start = 0
            while start < bytes.count {
                let piece = bytes.slice(start..<min(start + size, bytes.count))
                start += piece.count
                try compressor.compress(piece: piece.span, then: start % 3 == 0 ? .pause : .more, into: &writer)
            }
            let nothing = ByteSlice.empty
            try compressor.compress(piece: nothing.span, then: .pause, into: &writer)
            // What is there decompresses to all of it; only the end is missing.
            let soFar = ByteSlice(copying: writer.span)
            var text = ByteWriter()
            let error = #expect(throws: CompressionError.self) {
                try decompressor.decompress(soFar.span, into: &text, limit: bytes.count)
            }
            #expect(error?.message.contains("early") == true || error?.code == .malformed)
            #expect(text.take() == bytes)
            try compressor.compress(piece: nothing.span, then: .end, into: &writer)
            let whole = writer.finish()
            try decompressor.decompress(whole.span, into: &text, limit: bytes.count)
            #expect(text.finish() == bytes)
        }
    }

    @Test func `LZ4 blocks: there and back; a wrong size is an error`() throws {
        let bytes = Sample.all[6].bytes
        var writer = ByteWriter()
        try LZ4Block.compress(bytes.span, into: &writer)
        let block = writer.take()
        try LZ4Block.decompress(block.span, count: bytes.count, into: &writer)
        let made = writer.take()
        #expect(made == bytes)
        for count in [0, bytes.count - 1, bytes.count + 1, .max, -1] {
            var target = ByteWriter()
            do {
                try LZ4Block.decompress(block.span, count: count, into: &target)
                Issue.record("\(count) bytes were made of a block of \(bytes.count)")
            } catch {
                #expect(error.code == .malformed)
            }
        }
    }
}
