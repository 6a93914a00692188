import Bytes
import JSON

/// A part of a JSON document that is written down in code; objects keep the order in which they are written.
indirect enum DocumentNode: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    case text(String)
    case number(Int)
    case flag(Bool)
    case list([DocumentNode])
    case object([(name: String, value: DocumentNode)])

    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int) { self = .number(value) }
    init(booleanLiteral value: Bool) { self = .flag(value) }
    init(arrayLiteral elements: DocumentNode...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, DocumentNode)...) {
        self = .object(elements.map { (name: $0.0, value: $0.1) })
    }

    /// The member of an object; nil where there is none.
    subscript(name: String) -> DocumentNode? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// Writes it as JSON.
    func write(into writer: inout ByteWriter) {
        switch self {
        case .text(let text): writer.writeJSONString(text)
        case .number(let number): writer.write("\(number)")
        case .flag(let flag): writer.write(literal: flag ? "true" : "false")
        case .list(let elements):
            writer.writeByte(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { writer.writeByte(UInt8(ascii: ",")) }
                element.write(into: &writer)
            }
            writer.writeByte(UInt8(ascii: "]"))
        case .object(let members):
            writer.writeByte(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { writer.writeByte(UInt8(ascii: ",")) }
                writer.writeJSONString(member.name)
                writer.writeByte(UInt8(ascii: ":"))
                member.value.write(into: &writer)
            }
            writer.writeByte(UInt8(ascii: "}"))
        }
    }
}
