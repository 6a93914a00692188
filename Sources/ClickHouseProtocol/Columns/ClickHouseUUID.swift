import Bytes

/// A UUID as ClickHouse keeps it: two halves of 64 bits, the first eight bytes of its text form and the last eight.
///
/// (On the wire each half has its least significant byte first: src/DataTypes/Serializations/SerializationUUID.h.)
public struct ClickHouseUUID: Hashable, Sendable, BitwiseCopyable {
    /// The first eight bytes of the text form, the most significant first.
    public var high: UInt64
    /// The last eight bytes.
    public var low: UInt64

    /// Makes a UUID of its halves.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the form `01234567-89ab-cdef-0123-456789abcdef`, any case; nil where the text is none.
    public init?(_ text: String) {
        var value: UInt128 = 0
        var digits = 0
        for (index, byte) in text.utf8.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = byte.hexadecimalValue else { return nil }
            digits += 1
            guard digits <= 32 else { return nil }
            value = value << 4 | UInt128(digit)
        }
        guard digits == 32 else { return nil }
        self.init(high: UInt64(truncatingIfNeeded: value >> 64), low: UInt64(truncatingIfNeeded: value))
    }
}

extension ClickHouseUUID: CustomStringConvertible {
    /// The text form, in lower case.
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 { text.append(UInt8(ascii: "-")) }
            let word = index < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - (index % 16) * 4)) & 0xf
            text.append(digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "a"))
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension ClickHouseUUID: Codable {
    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = ClickHouseUUID(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no UUID")
        }
        self = id
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
