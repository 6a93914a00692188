import Bytes
import Testing

@Suite struct ByteWriterTests {
    @Test func `grows without losing what was written`() {
        var writer = ByteWriter(capacity: 1)
        for index in 0..<1_000 { writer.writeBigEndian(UInt16(index)) }
        let value1 = writer.count
        #expect(value1 == 2_000)
        let bytes = writer.finish()
        for index in 0..<1_000 {
            #expect(Int(bytes[2 * index]) << 8 | Int(bytes[2 * index + 1]) == index)
        }
    }

    @Test func `patches a length that is known only afterwards`() {
        var writer = ByteWriter()
        writer.writeBigEndian(Int32(0))
        writer.write("four")
        writer.patchBigEndian(Int32(writer.count - 4), at: 0)
        let value2 = writer.finish()
        #expect(value2 == [0, 0, 0, 4, 0x66, 0x6f, 0x75, 0x72])
    }

    @Test func `what was taken does not change when the writer goes on`() {
        var writer = ByteWriter(capacity: 64)
        writer.write("first")
        let first = writer.take()
        writer.write("other")
        #expect(first.utf8 == "first")
        let value3 = writer.finish().utf8
        #expect(value3 == "other")
    }

    @Test func `writes text, literals, runs and what a closure fills in`() {
        var writer = ByteWriter(capacity: 0)
        writer.write("a\u{e9}")
        writer.write(literal: "lit")
        writer.write(repeating: 0x2e, count: 3)
        writer.write(upTo: 8) { (room: UnsafeMutableRawBufferPointer) -> Int in
            room[0] = 0x21
            return 1
        }
        let value4 = writer.finish().utf8
        #expect(value4 == "a\u{e9}lit...!")
    }

    @Test func `forgets what is truncated`() {
        var writer = ByteWriter()
        writer.write("kept and not")
        writer.truncate(to: 4)
        let value5 = writer.span.holds("kept")
        #expect(value5)
        writer.removeAll()
        let value6 = writer.isEmpty
        #expect(value6)
    }
}
