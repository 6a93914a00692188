/// Sixteen bytes that name a topic, a member or a directory (KIP-516); all zero means none.
public struct KafkaUUID: Hashable, Sendable {
    /// The first eight bytes, the most significant first.
    public var high: UInt64

    /// The last eight bytes, the most significant first.
    public var low: UInt64

    /// Makes an id of its two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// No id.
    public static let zero = KafkaUUID(high: 0, low: 0)

    /// Whether this is no id.
    public var isZero: Bool { self == .zero }

    /// A random id (RFC 9562, version 4), never one whose text begins with a dash, as Kafka's own tools want it.
    public static func random() -> KafkaUUID {
        while true {
            let high = UInt64.random(in: .min ... .max) & ~0xf000 | 0x4000
            let low = UInt64.random(in: .min ... .max) & ~(0b11 << 62) | 0b10 << 62
            let id = KafkaUUID(high: high, low: low)
            if !id.description.hasPrefix("-") { return id }
        }
    }
}

/// Kafka's text form: 22 characters of URL-safe base64 without padding.
extension KafkaUUID: LosslessStringConvertible {
    /// The id in Kafka's text form.
    public var description: String {
        var text = ""
        text.reserveCapacity(22)
        for index in 0..<22 { text.unicodeScalars.append(Unicode.Scalar(Self.alphabet[sextet(index)])) }
        return text
    }

    /// Reads Kafka's text form; nil where it is none.
    public init?(_ description: String) {
        let text = Array(description.utf8)
        guard text.count == 22 else { return nil }
        self.init(high: 0, low: 0)
        for byte in text.dropLast() {
            guard let value = Self.alphabet.firstIndex(of: byte) else { return nil }
            high = high << 6 | low >> 58
            low = low << 6 | UInt64(value)
        }
        // 128 bits are 21 characters of six bits and two bits of another.
        guard let last = Self.alphabet.firstIndex(of: text[21]), last & 0b1111 == 0 else { return nil }
        high = high << 2 | low >> 62
        low = low << 2 | UInt64(last >> 4)
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private func sextet(_ index: Int) -> Int {
        let shift = 122 - 6 * index
        if shift >= 64 { return Int(high >> UInt64(shift - 64) & 63) }
        if shift >= 0 { return Int((low >> UInt64(shift) | (high << 1) << UInt64(63 - shift)) & 63) }
        return Int(low << 4 & 63)
    }
}
