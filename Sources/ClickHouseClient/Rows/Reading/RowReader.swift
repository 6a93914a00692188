import ClickHouseProtocol

/// Decodes a result's rows. What reads which column is settled once for all blocks, by the columns' names and types.
final class RowReader {
    private let columns: [(name: String, type: ColumnType)]
    private let fields: TupleFields
    // What rows were last asked as.
    private var lastType = ObjectIdentifier(Never.self)
    private var isOneValue = false

    /// - Parameter header: a block with the result's columns.
    init(_ header: Block) {
        columns = header.columns.map { ($0.name, $0.type) }
        fields = TupleFields(
            names: header.columns.map(\.name), readers: header.columns.map { $0.type.reader(at: [CellKey($0.name)]) })
    }

    /// The one that was in use before, where the block has the same columns.
    static func `for`(_ block: Block, after last: RowReader?) -> RowReader {
        if let last, last.suits(block) { return last }
        return RowReader(block)
    }

    private func suits(_ block: Block) -> Bool {
        block.columns.count == columns.count
            && zip(block.columns, columns).allSatisfy { $0.name == $1.name && $0.type == $1.type }
    }

    /// Takes a block's values.
    ///
    /// - Throws: `.mismatch` where its values are not of the kinds that its types have.
    func bind(_ block: Block) throws(ClickHouseError) {
        for (reader, column) in zip(fields.readers, block.columns) where !reader.bind(column.data) {
            throw ClickHouseError(.mismatch, "column `\(column.name)`: the values are none of the type \(column.type)")
        }
    }

    func decode<Row: Decodable>(_ row: Int, as type: Row.Type = Row.self) throws(ClickHouseError) -> Row {
        do {
            fields.rewind()
            // Types that are told by name stand in a column alone where they are the whole row.
            let id = ObjectIdentifier(type)
            if id != lastType { (lastType, isOneValue) = (id, fields.readers.count == 1 && ForeignType(type) != .none) }
            if isOneValue { return try fields.readers[0].decode(row) }
            return try Row(from: RowDecoder(fields: fields, row: row))
        } catch let error as ClickHouseError {
            throw error
        } catch let error as DecodingError {
            throw ClickHouseError(.mismatch, Self.message(error))
        } catch {
            throw ClickHouseError(.mismatch, "\(error)")
        }
    }

    private static func message(_ error: DecodingError) -> String {
        let (context, text): (DecodingError.Context, String) =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                (context, context.debugDescription)
            case .keyNotFound(let key, let context): (context, "the result has no column `\(key.stringValue)`")
            @unknown default: (.init(codingPath: [], debugDescription: ""), "\(error)")
            }
        guard let column = context.codingPath.first else { return text }
        return "column `\(column.stringValue)`: \(text)"
    }
}

/// Decodes a row: a structure with a property for each column, or the value of a single column.
struct RowDecoder: Decoder {
    let fields: TupleFields
    let row: Int

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(FieldsDecoder(fields: fields, row: row))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer {
        ElementsDecoder(elements: Elements(tuple: fields.readers, row), codingPath: [])
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        guard fields.readers.count == 1 else {
            throw ClickHouseError(
                .mismatch, "a single value is wanted, the result has \(fields.readers.count) columns")
        }
        return CellDecoder(reader: fields.readers[0], row: row).singleValueContainer()
    }
}
