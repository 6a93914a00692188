import Bytes
import JSON

/// A question's JSON as a tree: questions are short, and what is wrong with one is said with its path.
indirect enum QuestionValue {
    case object([(key: String, value: QuestionValue)])
    case list([QuestionValue])
    case text(String)
    /// A number, and how it was written.
    case number(Double, raw: String)
    case bool(Bool)
    case null

    /// Reads a whole document.
    static func read(_ body: RawSpan) throws(QuestionError) -> QuestionValue {
        do throws(JSONError) {
            var reader = JSONReader(body, maximumDepth: 16)
            let value = try read(&reader)
            try reader.finish()
            return value
        } catch {
            throw QuestionError(error.path, "\(error.message) (at byte \(error.position))")
        }
    }

    private static func read(_ reader: inout JSONReader) throws(JSONError) -> QuestionValue {
        switch try reader.peek() {
        case .object:
            var fields: [(key: String, value: QuestionValue)] = []
            try reader.beginObject()
            while let key = try reader.nextKey() {
                let name = key.text
                fields.append((name, try read(&reader)))
            }
            return .object(fields)
        case .array:
            var elements: [QuestionValue] = []
            try reader.beginArray()
            while try reader.nextElement() { elements.append(try read(&reader)) }
            return .list(elements)
        case .string: return .text(try reader.readString().text)
        case .number:
            let number = try reader.readNumber()
            return .number(number.double, raw: ByteSlice(copying: number.raw).description)
        case .bool: return .bool(try reader.readBool())
        case .null:
            _ = try reader.skipNull()
            return .null
        }
    }

    /// The kind of value, for messages.
    var kind: String {
        switch self {
        case .object: "an object"
        case .list: "a list"
        case .text: "a text"
        case .number: "a number"
        case .bool: "true or false"
        case .null: "null"
        }
    }
}
