public import ClickHouseProtocol

extension Block {
    /// The rows, decoded: each property from the column of its name.
    ///
    /// Whole numbers come from columns of whole numbers that hold them, and from decimals that are whole; dates and times as
    /// their count of days, seconds or ticks, and as Foundation's `Date`; texts from String, FixedString with all its bytes,
    /// enums and UUIDs; `[UInt8]` and `Data` from String and FixedString; optionals from Nullable; arrays from Array,
    /// dictionaries from Map; structures from named tuples; `ClickHouseUUID` from UUID. A decimal as `Double` is the
    /// nearest; else what cannot be represented exactly is refused: bytes that are no UTF-8 as `String`, 1.10 as `Int`.
    ///
    /// - Throws: `ClickHouseError` `.mismatch`, naming the column.
    public func rows<Row: Decodable>(as type: Row.Type = Row.self) throws(ClickHouseError) -> [Row] {
        let cursor = RowCursor(self)
        var rows: [Row] = []
        rows.reserveCapacity(rowCount)
        for row in 0..<rowCount {
            cursor.row = row
            rows.append(try cursor.decode(type))
        }
        return rows
    }
}

extension ClickHouseResult {
    /// The result's rows, decoded one by one; a block is read when the one before is used up. See `Block.rows(as:)`.
    public func rows<Row: Decodable>(as type: Row.Type) -> ClickHouseRows<Row> { ClickHouseRows(result: self) }
}

extension ClickHouseClient {
    /// Asks a query and decodes all of its rows: for small results. See `Block.rows(as:)`.
    ///
    /// - Throws: `ClickHouseError`.
    @concurrent
    public func rows<Row: Decodable & Sendable>(
        _ query: ClickHouseQuery, as type: Row.Type = Row.self
    ) async throws -> [Row] {
        var rows: [Row] = []
        for block in try await blocks(query) { rows += try block.rows(as: type) }
        return rows
    }
}

/// A result's rows, decoded one by one.
public struct ClickHouseRows<Row: Decodable>: AsyncSequence {
    let result: ClickHouseResult

    /// Decodes the rows one after the other.
    public func makeAsyncIterator() -> Iterator { Iterator(result: result) }

    /// Decodes the rows one after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let result: ClickHouseResult
        private var cursor: RowCursor?

        init(result: ClickHouseResult) { self.result = result }

        /// The next row; nil at the end.
        public mutating func next() async throws(ClickHouseError) -> Row? {
            while true {
                if let cursor, cursor.row < cursor.block.rowCount {
                    defer { cursor.row += 1 }
                    return try cursor.decode(Row.self)
                }
                guard let block = try await result.next() else { return nil }
                cursor = RowCursor(block)
            }
        }

        /// The next row; nil at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(ClickHouseError) -> Row? {
            try await next()
        }
    }
}
