import Bytes

/// A topic's id (KIP-516): two topics never have the same, though they may have the same name one after the other.
struct TopicID: Hashable, Sendable {
    var high: UInt64
    var low: UInt64

    /// A fresh random id (UUID version 4).
    static func random() -> TopicID {
        TopicID(
            high: UInt64.random(in: 0 ... .max) & ~0xf000 | 0x4000,
            low: UInt64.random(in: 0 ... .max) & ~(3 << 62) | 1 << 63)
    }

    /// The id in hexadecimal digits.
    var text: String {
        func digits(_ value: UInt64) -> String {
            let text = String(value, radix: 16)
            return String(repeating: "0", count: 16 - text.utf8.count) + text
        }
        return digits(high) + digits(low)
    }

    func write(to writer: inout ByteWriter) {
        writer.writeBigEndian(high)
        writer.writeBigEndian(low)
    }

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(from reader: inout ByteReader) throws(ByteError) {
        high = try reader.readBigEndian()
        low = try reader.readBigEndian()
    }
}
