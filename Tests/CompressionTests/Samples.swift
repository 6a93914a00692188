import Bytes
import TestSupport
import Testing

/// A way to compress and to decompress again.
struct Format: CustomTestStringConvertible, Sendable {
    let name: String
    let compress: @Sendable (ByteSlice) throws -> ByteSlice
    let decompress: @Sendable (ByteSlice, _ limit: Int) throws -> ByteSlice

    var testDescription: String { name }
}

/// Bytes of several kinds and sizes.
struct Sample: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let bytes: ByteSlice

    static let all: [Sample] = {
        var random = SeededRandom(7)
        let words = ["event", "conversation", "\"latency\":", "the answer is", "größe", "数据", "0.25", "{\"id\":"]
        func text(_ count: Int) -> [UInt8] {
            var bytes: [UInt8] = []
            while bytes.count < count {
                bytes += Array(words[Int(random.next() % 8)].utf8) + [UInt8(random.next() % 64)]
            }
            return Array(bytes.prefix(count))
        }
        func noise(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() >> 32) } }
        let samples: [(String, [UInt8])] = [
            ("nothing", []), ("one byte", [42]), ("four bytes", [1, 2, 3, 4]),
            ("a short text", Array("hello hello".utf8)),
            ("zeros", Array(repeating: 0, count: 300_000)), ("noise", noise(200_000)), ("text", text(150_000)),
            ("just a block", text(131_072)), ("a byte more than a block", text(131_073)),
            ("text and noise", text(70_000) + noise(70_000) + text(70_000)),
            ("far repetition", noise(60_000) + noise(10) + text(5)),
            ("a period of three", (0..<100_000).map { UInt8($0 % 3) }),
        ]
        return samples.map { Sample(testDescription: $0.0, bytes: ByteSlice($0.1)) }
    }()
}
