/// A piece of a table: columns with names, types and as many rows each. The unit in which rows travel.
public struct Block: Sendable, Hashable {
    /// The columns, in order.
    public let columns: [Column]

    /// How many rows there are.
    public let rowCount: Int

    /// A block without columns, which marks ends.
    public static let empty = Block(unchecked: [], rowCount: 0)

    /// Puts columns together.
    ///
    /// - Throws: `ClickHouseProtocolError` `.mismatch` where the columns differ in length.
    public init(_ columns: [Column]) throws(ClickHouseProtocolError) {
        let rowCount = columns.first?.data.count ?? 0
        for column in columns where column.data.count != rowCount {
            throw ClickHouseProtocolError(
                .mismatch,
                "column `\(column.name)` has \(column.data.count) rows, `\(columns[0].name)` has \(rowCount)")
        }
        self.init(unchecked: columns, rowCount: rowCount)
    }

    init(unchecked columns: [Column], rowCount: Int) {
        self.columns = columns
        self.rowCount = rowCount
    }

    /// The same columns without rows.
    public var withoutRows: Block {
        Block(
            unchecked: columns.map { Column(name: $0.name, type: $0.type, data: $0.data.withoutRows) }, rowCount: 0)
    }

    /// The column of the name, or nil.
    public subscript(name: String) -> Column? { columns.first { $0.name == name } }

    /// Where the column of the name stands, or nil.
    public func index(of name: String) -> Int? { columns.firstIndex { $0.name == name } }
}

/// A column of a block.
public struct Column: Sendable, Hashable {
    /// Its name.
    public let name: String

    /// What its values mean.
    public let type: ColumnType

    /// Its values.
    public let data: ColumnData

    /// Puts a column together.
    public init(name: String, type: ColumnType, data: ColumnData) {
        self.name = name
        self.type = type
        self.data = data
    }
}
