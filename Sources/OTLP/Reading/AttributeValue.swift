import Bytes
import JSON

/// What an attribute holds (opentelemetry/proto/common/v1: AnyValue).
indirect enum AttributeValue: Sendable {
    case text(ByteSlice)
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case list([AttributeValue])
    case map([Attribute])
    case bytes(ByteSlice)
    /// Nothing was set.
    case none

    /// How deep lists and maps may be inside of each other.
    static let deepest = 16

    /// Its text, where it is one that is not empty.
    var nonEmptyText: ByteSlice? {
        guard case .text(let text) = self, !text.isEmpty else { return nil }
        return text
    }

    /// As JSON: bytes in base64, what JSON has no number for as null.
    func write(_ json: inout JSONWriter, _ writer: inout ByteWriter) {
        switch self {
        case .text(let text): json.string(text, &writer)
        case .bool(let value): json.bool(value, &writer)
        case .integer(let value): json.integer(value, &writer)
        case .double(let value): json.number(value, &writer)
        case .list(let values):
            json.beginArray(&writer)
            for value in values { value.write(&json, &writer) }
            json.endArray(&writer)
        case .map(let attributes): attributes.write(&json, &writer)
        case .bytes(let bytes): json.string(Base64.encode(bytes), &writer)
        case .none: json.null(&writer)
        }
    }

    /// As the JSON text of a field: a text is taken to be JSON already.
    var jsonText: ByteSlice {
        if case .text(let text) = self { return text }
        var json = JSONWriter()
        var writer = ByteWriter()
        write(&json, &writer)
        return writer.finish()
    }
}

/// A name and what it stands for.
struct Attribute: Sendable {
    let key: String
    let value: AttributeValue
}

extension [Attribute] {
    /// The value of a name: the last one, should there be several.
    subscript(key: String) -> AttributeValue? { last { $0.key == key }?.value }

    /// As a JSON object; of several of a name the last.
    func write(_ json: inout JSONWriter, _ writer: inout ByteWriter) {
        json.beginObject(&writer)
        for attribute in distinct {
            json.key(attribute.key, &writer)
            attribute.value.write(&json, &writer)
        }
        json.endObject(&writer)
    }

    /// Each name once, with its last value.
    var distinct: [Attribute] {
        var places: [String: Int] = [:]
        var found: [Attribute] = []
        for attribute in self {
            if let place = places[attribute.key] {
                found[place] = attribute
            } else {
                places[attribute.key] = found.count
                found.append(attribute)
            }
        }
        return found
    }
}

/// Base64 with padding (RFC 4648, section 4).
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: ByteSlice) -> ByteSlice {
        var writer = ByteWriter(capacity: bytes.count * 4 / 3 + 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = Swift.min(3, bytes.count - start)
            var bits: UInt32 = 0
            for index in 0..<3 { bits = bits << 8 | (index < count ? UInt32(bytes[start + index]) : 0) }
            for place in 0..<4 {
                writer.writeByte(
                    place <= count ? alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
            }
        }
        return writer.finish()
    }

    /// The bytes; nil where it is no base64. Padding may be missing.
    static func decode(_ text: ByteSlice) -> ByteSlice? {
        var digits = text
        while digits.count > 0, digits[digits.count - 1] == UInt8(ascii: "=") {
            digits = digits.prefix(digits.count - 1)
        }
        let padding = text.count - digits.count
        guard digits.count % 4 != 1, padding == 0 || padding <= 2 && text.count % 4 == 0 else { return nil }
        var writer = ByteWriter(capacity: digits.count)
        var bits: UInt32 = 0
        var held = 0
        for index in 0..<digits.count {
            guard let value = value(of: digits[index]) else { return nil }
            bits = bits << 6 | value
            held += 6
            guard held >= 8 else { continue }
            held -= 8
            writer.writeByte(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
        }
        return writer.finish()
    }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit) + 4
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
