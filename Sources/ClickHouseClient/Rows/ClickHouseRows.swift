public import ClickHouseProtocol

extension Block {
    /// The rows, decoded: each property from the column of its name.
    ///
    /// Whole numbers come from columns of whole numbers that hold them, and from decimals that are whole; dates and times as
    /// their count of days, seconds or ticks, and as Foundation's `Date` where that tells one tick from the next; decimals as
    /// Foundation's `Decimal`, as text, and as the floating-point number that tells them in its shortest form; texts from
    /// String, FixedString with all its bytes, enums, UUIDs and IP addresses; `[UInt8]` and `Data` from String and
    /// FixedString; `URL` and `UUID` from their texts; optionals from Nullable; arrays from Array and Tuple, dictionaries
    /// from Map; structures from named tuples; `ClickHouseUUID` from UUID. What cannot be represented exactly is refused:
    /// bytes that are no UTF-8 as `String`, 1.10 as `Int`, a map that has a key twice as a dictionary.
    ///
    /// - Throws: `ClickHouseError` `.mismatch`, naming the column, its type and the value.
    public func rows<Row: Decodable>(as type: Row.Type = Row.self) throws(ClickHouseError) -> [Row] {
        var rows: [Row] = []
        try append(to: &rows, with: RowReader(self))
        return rows
    }

    func append<Row: Decodable>(to rows: inout [Row], with reader: RowReader) throws(ClickHouseError) {
        try reader.bind(self)
        rows.reserveCapacity(rows.count + rowCount)
        for row in 0..<rowCount { rows.append(try reader.decode(row)) }
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
    public func rows<Row: Decodable>(
        _ query: ClickHouseQuery, as type: Row.Type = Row.self
    ) async throws -> [Row] {
        var rows: [Row] = []
        var reader: RowReader?
        for block in try await blocks(query) {
            let suited = RowReader.for(block, after: reader)
            try block.append(to: &rows, with: suited)
            reader = suited
        }
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
        private var reader: RowReader?
        private var rowCount = 0
        private var row = 0

        init(result: ClickHouseResult) { self.result = result }

        /// The next row; nil at the end.
        public mutating func next() async throws(ClickHouseError) -> Row? {
            while true {
                if let reader, row < rowCount {
                    defer { row += 1 }
                    return try reader.decode(row, as: Row.self)
                }
                guard let block = try await result.next() else { return nil }
                let suited = RowReader.for(block, after: reader)
                try suited.bind(block)
                (reader, row, rowCount) = (suited, 0, block.rowCount)
            }
        }

        /// The next row; nil at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(ClickHouseError) -> Row? {
            try await next()
        }
    }
}
