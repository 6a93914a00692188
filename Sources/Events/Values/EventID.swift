public import Bytes

/// The id of an event: a UUID, shown as 8-4-4-4-12 hexadecimal digits in lower case.
public struct EventID: Hashable, Sendable {
    /// The first eight bytes, the most significant first.
    public let high: UInt64

    /// The last eight bytes, the most significant first.
    public let low: UInt64

    /// How many bytes the textual form takes.
    public static let textLength = 36

    /// Makes an id of its two halves.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the textual form, in either case; nil for anything else: braces, a prefix, missing hyphens.
    public init?(_ text: RawSpan) {
        guard text.byteCount == Self.textLength else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for index in 0..<Self.textLength {
            let byte = text[index]
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = byte.hexadecimalValue else { return nil }
            if digits < 16 {
                halves.0 = halves.0 &<< 4 | UInt64(digit)
            } else {
                halves.1 = halves.1 &<< 4 | UInt64(digit)
            }
            digits &+= 1
        }
        self.init(high: halves.0, low: halves.1)
    }

    /// Reads the textual form of a string.
    public init?(_ text: String) {
        let bytes = ByteSlice(utf8: text)
        self.init(bytes.span)
    }

    /// Writes the 36 bytes of the textual form.
    public func write(into writer: inout ByteWriter) {
        writer.writeHexadecimal(high &>> 32, digits: 8)
        writer.writeByte(UInt8(ascii: "-"))
        writer.writeHexadecimal(high &>> 16, digits: 4)
        writer.writeByte(UInt8(ascii: "-"))
        writer.writeHexadecimal(high, digits: 4)
        writer.writeByte(UInt8(ascii: "-"))
        writer.writeHexadecimal(low &>> 48, digits: 4)
        writer.writeByte(UInt8(ascii: "-"))
        writer.writeHexadecimal(low, digits: 12)
    }

    /// The textual form as bytes.
    public var text: ByteSlice {
        var writer = ByteWriter(capacity: Self.textLength)
        write(into: &writer)
        return writer.finish()
    }
}

extension EventID: CustomStringConvertible {
    /// The textual form.
    public var description: String { text.utf8 ?? "" }
}
