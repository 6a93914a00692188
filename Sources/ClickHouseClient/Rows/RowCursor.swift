import ClickHouseProtocol

/// A block and the row that is decoded; the same for all rows of the block.
final class RowCursor {
    let block: Block
    var row = 0
    private let places: [String: Int]

    init(_ block: Block) {
        self.block = block
        places = Dictionary(
            block.columns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func column(_ name: String) -> Column? { places[name].map { block.columns[$0] } }

    func decode<Row: Decodable>(_ type: Row.Type) throws(ClickHouseError) -> Row {
        do {
            // A single value, such as a number, stands in a column alone.
            if block.columns.count == 1, let value = try cell(block.columns[0], []).special(type) { return value }
            return try Row(from: RowDecoder(cursor: self))
        } catch let error as DecodingError {
            throw ClickHouseError(.mismatch, Self.message(error))
        } catch {
            throw error as? ClickHouseError ?? ClickHouseError(.mismatch, "\(error)")
        }
    }

    func cell(_ column: Column, _ path: [any CodingKey]) -> Cell {
        Cell(data: column.data, type: column.type, row: row, path: path)
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
    let cursor: RowCursor
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(
            CellsByName(
                names: cursor.block.columns.map(\.name), codingPath: [],
                cell: { [cursor] key in cursor.column(key.stringValue).map { cursor.cell($0, [key]) } }))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer {
        let cursor = cursor
        return CellsInOrder(count: cursor.block.columns.count, codingPath: []) { index in
            let column = cursor.block.columns[index]
            return cursor.cell(column, [CellKey(column.name)])
        }
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        guard cursor.block.columns.count == 1 else {
            throw DecodingError.typeMismatch(
                Void.self,
                .init(
                    codingPath: [],
                    debugDescription: "a single value is wanted, the result has \(cursor.block.columns.count) columns"))
        }
        let column = cursor.block.columns[0]
        return CellDecoder(cell: cursor.cell(column, [CellKey(column.name)]))
    }
}

/// A name or a place on the way to a value.
struct CellKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ name: String) {
        stringValue = name
        intValue = nil
    }

    init(_ index: Int) {
        stringValue = String(index)
        intValue = index
    }

    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { self.init(intValue) }
}
