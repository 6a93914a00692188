public import Bytes

/// Writes JSON into a `ByteWriter`, putting the commas. It holds nothing but whether one is due: whoever calls opens and
/// closes, and gives each value in an object its key.
///
///     var json = JSONWriter()
///     json.beginObject(&out)
///     json.key("id", &out)
///     json.string(id, &out)
///     json.endObject(&out)
public struct JSONWriter {
    private var needsComma = false

    /// Makes a writer at the start of a document.
    public init() {}

    @inline(__always)
    private mutating func beginValue(_ writer: inout ByteWriter) {
        if needsComma { writer.writeByte(UInt8(ascii: ",")) }
        needsComma = true
    }

    // MARK: Objects and arrays

    /// Writes `{`.
    public mutating func beginObject(_ writer: inout ByteWriter) { open("{", &writer) }

    /// Writes `}`.
    public mutating func endObject(_ writer: inout ByteWriter) { close("}", &writer) }

    /// Writes `[`.
    public mutating func beginArray(_ writer: inout ByteWriter) { open("[", &writer) }

    /// Writes `]`.
    public mutating func endArray(_ writer: inout ByteWriter) { close("]", &writer) }

    private mutating func open(_ bracket: Unicode.Scalar, _ writer: inout ByteWriter) {
        beginValue(&writer)
        writer.writeByte(UInt8(ascii: bracket))
        needsComma = false
    }

    private mutating func close(_ bracket: Unicode.Scalar, _ writer: inout ByteWriter) {
        writer.writeByte(UInt8(ascii: bracket))
        needsComma = true
    }

    /// Writes a key that needs no escapes: no quote, backslash or control character stands in it.
    public mutating func key(_ key: StaticString, _ writer: inout ByteWriter) {
        beginValue(&writer)
        writer.writeByte(UInt8(ascii: "\""))
        writer.write(literal: key)
        writer.write(literal: "\":")
        needsComma = false
    }

    /// Writes a key, escaped where it must be.
    public mutating func key(_ key: String, _ writer: inout ByteWriter) {
        beginValue(&writer)
        writer.writeJSONString(key)
        writer.writeByte(UInt8(ascii: ":"))
        needsComma = false
    }

    // MARK: Values

    /// Writes a string.
    public mutating func string(_ text: String, _ writer: inout ByteWriter) {
        beginValue(&writer)
        writer.writeJSONString(text)
    }

    /// Writes a string given in UTF-8; what is not UTF-8 in it becomes U+FFFD.
    public mutating func string(_ utf8: RawSpan, _ writer: inout ByteWriter) {
        beginValue(&writer)
        writer.writeJSONString(utf8)
    }

    /// Writes a string given in UTF-8; what is not UTF-8 in it becomes U+FFFD.
    public mutating func string(_ utf8: ByteSlice, _ writer: inout ByteWriter) { string(utf8.span, &writer) }

    /// Writes an integer.
    public mutating func integer(_ value: some FixedWidthInteger, _ writer: inout ByteWriter) {
        beginValue(&writer)
        writer.writeDecimal(value)
    }

    /// Writes the shortest number that reads back as the same Double; `null` for what JSON has no number for: not a
    /// number and the infinities.
    public mutating func number(_ value: Double, _ writer: inout ByteWriter) {
        beginValue(&writer)
        writer.writeJSONNumber(value)
    }

    /// Writes the shortest number that reads back as the same Float; `null` for not a number and the infinities.
    public mutating func number(_ value: Float, _ writer: inout ByteWriter) {
        beginValue(&writer)
        writer.writeJSONNumber(value)
    }

    /// Writes `true` or `false`.
    public mutating func bool(_ value: Bool, _ writer: inout ByteWriter) {
        beginValue(&writer)
        writer.write(literal: value ? "true" : "false")
    }

    /// Writes `null`.
    public mutating func null(_ writer: inout ByteWriter) {
        beginValue(&writer)
        writer.write(literal: "null")
    }

    /// Writes a value that is JSON already, as it is: what `JSONReader.readRaw()` gave.
    public mutating func raw(_ json: RawSpan, _ writer: inout ByteWriter) {
        beginValue(&writer)
        writer.write(json)
    }
}
