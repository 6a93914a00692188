internal import Bytes

/// A family of column types: how their names are read, and how their values are read and written. Each family stands with
/// its columns in a file of its own; `TypeRegistry` lists them all.
protocol TypeFamily: SendableMetatype {
    /// The types, as they are described to people; the words before their brackets begin their names.
    static var descriptions: [TypeDescription] { get }

    /// Reads what follows the word that begins a type's name.
    ///
    /// - Parameters:
    ///   - parser: stands behind the word.
    ///   - start: where the word begins.
    ///   - depth: how many types the arguments are inside of.
    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType

    /// Makes the decoder of values that are written in the type's own way; nil for types of other families.
    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder?

    /// Writes what stands before all values, from the outside to the inside; false for values and types of other families.
    static func encodePrefix(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) -> Bool

    /// Writes values; false for values and types of other families.
    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool
}

extension TypeFamily {
    static func encodePrefix(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) -> Bool { false }
}

/// The families of types that there are.
enum TypeRegistry {
    static let families: [any TypeFamily.Type] = [
        IntegerFamily.self, FloatFamily.self, BoolFamily.self, TextFamily.self, TimeFamily.self, DecimalFamily.self,
        EnumFamily.self, IdentifierFamily.self, NothingFamily.self, NullableFamily.self, LowCardinalityFamily.self,
        ArrayFamily.self, TupleFamily.self, VariantFamily.self, DynamicFamily.self, JSONFamily.self, QBitFamily.self,
        GeometryFamily.self, AggregateFamily.self,
    ]

    /// The families by the words that begin their types' names.
    static let byWord: [String: any TypeFamily.Type] = {
        var byWord: [String: any TypeFamily.Type] = [:]
        for family in families {
            for description in family.descriptions { for word in description.words { byWord[word] = family } }
        }
        return byWord
    }()
}

/// A type, or a few that are alike, as people are told of it.
public struct TypeDescription: Sendable, Hashable {
    /// The types' names, without arguments.
    public let words: [String]

    /// The values in a block: the case of `ColumnData`.
    public let column: String

    /// The Swift types of a row's properties, read and written.
    public let rows: String

    /// All types that are read and written, family by family.
    public static var all: [TypeDescription] {
        var all: [TypeDescription] = []
        for family in TypeRegistry.families { all += family.descriptions }
        return all
    }

    init(_ words: [String], column: String, rows: String) {
        self.words = words
        self.column = column
        self.rows = rows
    }

    /// All types as a table in Markdown, as the documentation has it.
    public static var table: String {
        let rows = all.map { "| `\($0.words.joined(separator: "`, `"))` | `\($0.column)` | \($0.rows) |" }
        return (["| ClickHouse | Values in a block | Properties of a row |", "| --- | --- | --- |"] + rows)
            .joined(separator: "\n")
    }
}
