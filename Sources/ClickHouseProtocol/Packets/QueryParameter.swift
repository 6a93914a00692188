/// The value of `{name:Type}` in a query's text.
public struct QueryParameter: Sendable, Hashable {
    /// The name.
    public var name: String

    /// The value, as ClickHouse's TabSeparated format writes it: what the server reads it from.
    public var escapedText: String

    /// Makes a parameter of a value.
    public init(_ name: String, _ value: Value) {
        self.name = name
        escapedText = value.escapedText
    }

    /// A value of a parameter.
    public enum Value: Sendable, Hashable {
        /// A text: for String, LowCardinality(String), Enum, UUID, Date and DateTime as text.
        case string(String)
        /// A whole number.
        case int(Int64)
        /// A whole number without a sign.
        case uint(UInt64)
        /// A number.
        case double(Double)
        /// True or false.
        case bool(Bool)
        /// A UUID.
        case uuid(ClickHouseUUID)
        /// `NULL`, for a Nullable type.
        case null
        /// An array.
        case array([Value])
        /// A text that is in TabSeparated format already.
        case escaped(String)

        var escapedText: String {
            switch self {
            case .string(let text): escape(text, quote: false)
            case .null: "\\N"
            case .escaped(let text): text
            case .uuid(let value): value.description
            default: literal
            }
        }

        /// The value inside of an array.
        private var literal: String {
            switch self {
            case .string(let text): "'" + escape(text, quote: true) + "'"
            case .int(let value): String(value)
            case .uint(let value): String(value)
            case .double(let value): value.isFinite ? "\(value)" : value.isNaN ? "nan" : value < 0 ? "-inf" : "inf"
            case .bool(let value): value ? "true" : "false"
            case .uuid(let value): "'" + value.description + "'"
            case .null: "NULL"
            case .array(let values): "[" + values.map(\.literal).joined(separator: ",") + "]"
            case .escaped(let text): text
            }
        }
    }

    /// The value on the wire: the text in quotes, which the server takes off before it reads the value.
    /// (ClickHouse: `Field::dump`, `Settings::toNameToNameMap`.)
    var quotedText: String { "'" + escape(escapedText, quote: true) + "'" }
}

private func escape(_ text: String, quote: Bool) -> String {
    let needsNone = text.utf8.allSatisfy { $0 >= 32 && $0 != UInt8(ascii: "\\") && !(quote && $0 == UInt8(ascii: "'")) }
    if needsNone { return text }
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count + 16)
    for character in text.unicodeScalars {
        switch character {
        case "\u{8}": escaped += "\\b"
        case "\u{c}": escaped += "\\f"
        case "\n": escaped += "\\n"
        case "\r": escaped += "\\r"
        case "\t": escaped += "\\t"
        case "\0": escaped += "\\0"
        case "\\": escaped += "\\\\"
        case "'" where quote: escaped += "\\'"
        default: escaped.unicodeScalars.append(character)
        }
    }
    return escaped
}
