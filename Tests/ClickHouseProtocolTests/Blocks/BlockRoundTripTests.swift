import Bytes
import ClickHouseProtocol
import Testing

@Suite("A block is read as it was written")
struct BlockRoundTripTests {
    static let revisions = [Revision.oldest, .clickHouse243, Revision(rawValue: 54_485), .newest]

    @Test("All types, in every revision's dialect, in pieces of any size", arguments: revisions, [1, 3, 17, 1 << 20])
    func allTypes(revision: Revision, piece: Int) throws {
        let block = try Samples.allTypes()
        var writer = ByteWriter()
        writer.writeVarint(1)
        writer.writeVarint(0)
        try block.encode(into: &writer, revision: revision)
        let read = try Samples.packets(in: writer.finish(), piece: piece, revision: revision)
        #expect(read == [.data(block)])
    }

    @Test("Compressed as well", arguments: CompressedFrame.Method.allCases, [1, 1000, 1 << 20])
    func compressed(method: CompressedFrame.Method, piece: Int) throws {
        let block = try Samples.allTypes()
        var plain = ByteWriter()
        try block.encode(into: &plain, revision: .newest)
        var writer = ByteWriter()
        for _ in 0..<2 {
            writer.writeVarint(1)
            writer.writeVarint(0)
            try FrameCompressor(method).write(plain.span, into: &writer)
        }
        let read = try Samples.packets(in: writer.finish(), piece: piece, revision: .newest, isCompressed: true)
        #expect(read == [.data(block), .data(block)])
    }

    @Test("A damaged byte is refused or gives another value; nothing traps or hangs")
    func damage() throws {
        let block = try Samples.allTypes()
        for revision in [Revision.clickHouse243, .newest] {
            var writer = ByteWriter()
            writer.writeVarint(1)
            writer.writeVarint(0)
            try block.encode(into: &writer, revision: revision)
            let bytes = writer.finish().array
            for position in bytes.indices {
                for flip in [UInt8(0x01), 0x80, 0xff] {
                    var damaged = bytes
                    damaged[position] ^= flip
                    _ = try? Samples.packets(in: ByteSlice(damaged), piece: 4096, revision: revision)
                }
            }
        }
    }
}
