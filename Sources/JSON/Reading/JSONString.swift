public import Bytes

/// A string as it stands in a document, validated: decoded only where it holds escapes.
public struct JSONString: ~Escapable {
    /// The bytes between the quotes, escapes and all: what may be copied into another JSON string as it is.
    public let raw: RawSpan

    /// Whether there are escapes in it; where there are none, `raw` is the text in UTF-8.
    public let hasEscapes: Bool

    @_lifetime(copy raw)
    init(raw: RawSpan, hasEscapes: Bool) {
        self.raw = raw
        self.hasEscapes = hasEscapes
    }

    /// Whether it is the empty text.
    public var isEmpty: Bool { raw.isEmpty }

    /// Whether it is this text, escapes decoded.
    public func `is`(_ literal: StaticString) -> Bool {
        guard hasEscapes else { return raw.holds(literal) }
        return utf8.span.holds(literal)
    }

    /// The text in UTF-8, decoded into memory of its own.
    public var utf8: ByteSlice {
        guard hasEscapes else { return ByteSlice(copying: raw) }
        var writer = ByteWriter(capacity: raw.byteCount)
        write(into: &writer)
        return writer.finish()
    }

    /// The text.
    public var text: String {
        let utf8 = self.utf8
        // Validated when it was read, so never nil.
        return utf8.utf8 ?? ""
    }

    /// Writes the text in UTF-8, escapes decoded; never more bytes than `raw` has.
    public func write(into writer: inout ByteWriter) {
        guard hasEscapes else { return writer.write(raw) }
        writer.reserve(raw.byteCount)
        var at = 0
        while let escape = raw.firstIndex(of: UInt8(ascii: "\\"), from: at) {
            writer.write(raw.extracting(at..<escape))
            at = escape + writeEscape(at: escape, into: &writer)
        }
        writer.write(raw.extracting(at..<raw.byteCount))
    }

    /// Writes what the escape at `offset` stands for; gives the escape's length.
    private func writeEscape(at offset: Int, into writer: inout ByteWriter) -> Int {
        switch raw[offset + 1] {
        case UInt8(ascii: "b"): writer.writeByte(0x08)
        case UInt8(ascii: "f"): writer.writeByte(0x0c)
        case UInt8(ascii: "n"): writer.writeByte(0x0a)
        case UInt8(ascii: "r"): writer.writeByte(0x0d)
        case UInt8(ascii: "t"): writer.writeByte(0x09)
        case UInt8(ascii: "u"):
            // Digits and pairs were checked when the string was read; so there is always a value.
            let first = raw.hexadecimal(at: offset + 2) ?? 0xfffd
            guard first & 0xf800 == 0xd800 else {
                write(scalar: first, into: &writer)
                return 6
            }
            let second = raw.hexadecimal(at: offset + 8) ?? 0xdc00
            write(scalar: 0x10000 + (first & 0x3ff) << 10 + (second & 0x3ff), into: &writer)
            return 12
        case let byte: writer.writeByte(byte)
        }
        return 2
    }

    private func write(scalar: UInt32, into writer: inout ByteWriter) {
        func tail(_ shift: UInt32) -> UInt8 { UInt8(0x80 | scalar >> shift & 0x3f) }
        switch scalar {
        case ..<0x80:
            writer.writeByte(UInt8(scalar))
        case ..<0x800:
            writer.writeByte(UInt8(0xc0 | scalar >> 6))
            writer.writeByte(tail(0))
        case ..<0x10000:
            writer.writeByte(UInt8(0xe0 | scalar >> 12))
            writer.writeByte(tail(6))
            writer.writeByte(tail(0))
        default:
            writer.writeByte(UInt8(0xf0 | scalar >> 18))
            writer.writeByte(tail(12))
            writer.writeByte(tail(6))
            writer.writeByte(tail(0))
        }
    }
}
