import ClickHouseProtocol

/// How many rows go into one block of an insert: the block is sent once it has as many, or takes as much memory.
public struct RowBatchSize: Sendable, Hashable {
    /// Rows a block, at most.
    public var rows = 65_536
    /// Bytes of memory a block, about.
    public var bytes = 8 << 20

    /// Sizes that suit most tables.
    public init() {}

    /// Blocks of so many rows, or bytes.
    public init(rows: Int, bytes: Int = 8 << 20) {
        self.rows = rows
        self.bytes = bytes
    }
}

extension ClickHouseInsert {
    /// Sends rows, block by block. See `Block.init(rows:like:)`.
    ///
    /// - Throws: `ClickHouseError`: `.mismatch`, naming the column, its type and the value, for a row that cannot be
    ///   represented exactly.
    public func write<Row: Encodable>(
        rows: some Sequence<Row>, batch: RowBatchSize = RowBatchSize()
    ) async throws(ClickHouseError) {
        let builder = try RowBlockBuilder(sample: sample)
        for row in rows {
            try builder.append(row)
            if builder.isFull(batch) { try await write(builder.take()) }
        }
        try await write(builder.take())
    }

    /// Sends rows as they come, block by block: the next is asked for only once the system has taken the block before.
    ///
    /// - Throws: as `write(rows:batch:)`, and what the sequence throws.
    public func write<Rows: AsyncSequence>(
        rows: Rows, batch: RowBatchSize = RowBatchSize()
    ) async throws where Rows.Element: Encodable {
        let builder = try RowBlockBuilder(sample: sample)
        for try await row in rows {
            try builder.append(row)
            if builder.isFull(batch) { try await write(builder.take()) }
        }
        try await write(builder.take())
    }
}

extension RowBlockBuilder {
    func isFull(_ batch: RowBatchSize) -> Bool {
        // What the rows take is looked at now and then alone.
        rowCount >= batch.rows || (rowCount & 63 == 0 && byteCount >= batch.bytes)
    }
}

extension ClickHouseClient {
    /// Inserts rows: each property into the column of its name; columns that the rows do not have get their defaults. See
    /// `Block.init(rows:like:)` for what suits which type.
    ///
    /// - Parameters:
    ///   - table: the table, as it stands in a query's text.
    ///   - rows: the rows; where there are none, nothing is asked.
    ///   - columns: the columns that the rows have; those of the first row's properties where there are none.
    ///   - batch: how many rows go into one block.
    ///   - options: as of `insert(into:columns:options:_:)`.
    /// - Throws: `ClickHouseError`: `.mismatch`, naming the column, its type and the value, where a row cannot be represented
    ///   exactly; rows of blocks before it may be in the table then.
    @discardableResult
    @concurrent
    public func insert<Row: Encodable, Rows: Sequence<Row> & Sendable>(
        into table: String, _ rows: Rows, columns: [String] = [], batch: RowBatchSize = RowBatchSize(),
        options: ClickHouseQuery = ""
    ) async throws -> QuerySummary {
        var iterator = rows.makeIterator()
        guard let first = iterator.next() else { return QuerySummary() }
        let columns = try columns.isEmpty ? FieldNames.of(first) : columns
        return try await withConnection(deadline: options.deadline) {
            try await $0.insert(into: table, columns: columns, options: options) { insert in
                try await insert.write(rows: rows, batch: batch)
            }
        }
    }

    /// Inserts rows as they come: the next is asked for only once the system has taken the block before. All of them are one
    /// insert, which begins with the first row and ends with the sequence. See the method for rows that are there already.
    ///
    /// - Throws: as the method for rows that are there already, and what the sequence throws; rows of blocks before that
    ///   may be in the table then.
    @discardableResult
    @concurrent
    public func insert<Rows: AsyncSequence & Sendable>(
        into table: String, _ rows: Rows, columns: [String] = [], batch: RowBatchSize = RowBatchSize(),
        options: ClickHouseQuery = ""
    ) async throws -> QuerySummary where Rows.Element: Encodable {
        try await withConnection(deadline: options.deadline) { connection in
            var iterator = rows.makeAsyncIterator()
            guard let first = try await iterator.next(isolation: #isolation) else { return QuerySummary() }
            let columns = try columns.isEmpty ? FieldNames.of(first) : columns
            return try await connection.insert(into: table, columns: columns, options: options) { insert in
                let builder = try RowBlockBuilder(sample: insert.sample)
                var row: Rows.Element? = first
                while let taken = row {
                    try builder.append(taken)
                    if builder.isFull(batch) { try await insert.write(builder.take()) }
                    row = try await iterator.next(isolation: #isolation)
                }
                try await insert.write(builder.take())
            }
        }
    }
}
