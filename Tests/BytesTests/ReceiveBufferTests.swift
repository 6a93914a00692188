import Bytes
import Testing

@Suite struct ReceiveBufferTests {
    private func fill(_ buffer: ReceiveBuffer, _ text: String) {
        let bytes = ByteSlice(utf8: text)
        buffer.append(bytes.span)
    }

    @Test func `reads at the front what was filled in at the back`() {
        let buffer = ReceiveBuffer(capacity: 8)
        fill(buffer, "hello ")
        buffer.consume(2)
        fill(buffer, "world")
        let value1 = buffer.span.holds("llo world")
        #expect(value1)
        #expect(buffer.takeSlice(4).utf8 == "llo ")
        #expect(buffer.count == 5)
    }

    @Test func `a slice keeps its bytes while the buffer goes on`() {
        let buffer = ReceiveBuffer(capacity: 16)
        var taken: [ByteSlice] = []
        for index in 0..<1_000 {
            fill(buffer, "message \(index);")
            taken.append(buffer.takeSlice(buffer.count))
        }
        for (index, slice) in taken.enumerated() { #expect(slice.utf8 == "message \(index);") }
    }

    @Test func `reuses its memory where nobody else holds it`() {
        let buffer = ReceiveBuffer(capacity: 64)
        for _ in 0..<1_000 {
            fill(buffer, "0123456789")
            buffer.consume(10)
        }
        #expect(buffer.capacity <= 128)
    }

    @Test func `unread bytes survive every reserve`() {
        let buffer = ReceiveBuffer(capacity: 10)
        var expected = ""
        for index in 0..<200 {
            fill(buffer, "<\(index)>")
            expected += "<\(index)>"
            if index % 3 == 0 {
                buffer.consume(2)
                expected.removeFirst(2)
            }
            buffer.reserve(index)
            let bytes = ByteSlice(copying: buffer.span)
            #expect(bytes.utf8 == expected)
        }
    }

    @Test func `takes no more than a frame needs`() {
        let buffer = ReceiveBuffer(capacity: 4_096)
        fill(buffer, "head")
        buffer.reserve(1_000_000)
        #expect(buffer.capacity < 1_010_000)
    }

    @Test func `gives memory back`() {
        let buffer = ReceiveBuffer(capacity: 1_000_000)
        buffer.shrink(to: 4_096)
        #expect(buffer.capacity == 4_096)
    }
}
