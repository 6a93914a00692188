import Bytes
import Testing

@Suite struct ByteSliceTests {
    @Test func `slices of slices name the same bytes`() {
        let bytes = ByteSlice(utf8: "event analytics")
        let word = bytes.suffix(from: 6)
        #expect(word.utf8 == "analytics")
        #expect(word.slice(2..<5).utf8 == "aly")
        #expect(word.prefix(0).isEmpty)
        #expect(word[0] == 0x61)
    }

    @Test func `equal bytes are equal, wherever they lie`() {
        let first = ByteSlice(utf8: "xkeyx").slice(1..<4)
        let second = ByteSlice(utf8: "key")
        #expect(first == second)
        #expect(Set([first, second, ByteSlice(utf8: "kez")]).count == 2)
        #expect(ByteSlice.empty == [])
        #expect(first != second.prefix(2))
    }

    @Test func `a copy is of the bytes alone`() {
        let large = ByteSlice([UInt8](repeating: 7, count: 10_000))
        #expect(large.prefix(3).copied().array == [7, 7, 7])
    }

    @Test func `finds bytes and literals`() {
        let bytes = ByteSlice(utf8: "GET /ping\r\n")
        let method = bytes.prefix(3)
        let nothing = ByteSlice.empty
        let value1 = bytes.span.firstIndex(of: 0x0a)
        #expect(value1 == 10)
        let value2 = bytes.span.firstIndex(of: 0x47, from: 1)
        #expect(value2 == nil)
        let value3 = method.span.holds("GET")
        #expect(value3)
        let value4 = method.span.holds("PUT")
        #expect(!value4)
        let value5 = nothing.span.holds("")
        #expect(value5)
        let value6 = nothing.span.firstIndex(of: 0)
        #expect(value6 == nil)
    }

    @Test func `what is not UTF-8 is no text`() {
        #expect(ByteSlice([0xc0, 0x80]).utf8 == nil)
        #expect(ByteSlice([0xc0, 0x80]).description == "2 bytes")
    }
}
