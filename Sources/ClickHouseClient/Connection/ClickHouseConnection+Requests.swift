public import ClickHouseProtocol
import Transport

extension ClickHouseConnection {
    /// Asks a query and gives its result to `body`. What `body` does not read is not sent on: the server is told to stop.
    ///
    /// - Throws: `ClickHouseError`, or what `body` throws.
    public func query<Result>(
        _ query: ClickHouseQuery, _ body: (ClickHouseResult) async throws -> Result
    ) async throws -> Result {
        try checkFree()
        var query = query
        let id = query.id ?? Self.newQueryID()
        if query.deadline == .never, let timeout = configuration.queryTimeout { query.deadline = .after(timeout) }
        var fate = RequestFate(text: query.text)
        do {
            let result = ClickHouseResult(self, query: query, id: id)
            try await start(query, id: id, result: result) { fate.willSendQuery() }
            let value = try await body(result)
            if !result.isDone { await abandon() }
            return value
        } catch {
            await abandon()
            if let error = error as? ClickHouseError { throw fate.fail(error.of(query: id, at: endpoint)) }
            throw error
        }
    }

    /// Asks a query whose rows, if there are any, are of no interest.
    ///
    /// - Throws: `ClickHouseError`.
    @discardableResult
    public func execute(_ query: ClickHouseQuery) async throws -> QuerySummary {
        try await self.query(query) { result in
            while try await result.next() != nil {}
            return result.summary
        }
    }

    /// Inserts rows that `body` writes, block by block.
    ///
    /// - Parameters:
    ///   - table: the table, as it stands in a query's text.
    ///   - columns: the columns that the blocks have; all where there are none.
    ///   - options: settings, id, deadline, trace and handlers; the text is not used. `async_insert` is off unless the
    ///     settings say otherwise.
    /// - Throws: `ClickHouseError`, or what `body` throws; the insert is broken off then, and rows that were written may be
    ///   in the table. `isOutcomeUnknown` says that of the client's own errors: it is true of all that come after rows
    ///   were handed to the system, and such an insert is never `isRetriable`. `.mismatch`, naming the column, where rows
    ///   do not suit the table.
    @discardableResult
    public func insert(
        into table: String, columns: [String] = [], options: ClickHouseQuery = "",
        _ body: (ClickHouseInsert) async throws -> Void
    ) async throws -> QuerySummary {
        try checkFree()
        var query = options
        let names = columns.map(Self.quotedIdentifier).joined(separator: ", ")
        query.text = "INSERT INTO \(table)\(columns.isEmpty ? "" : " (\(names))") FORMAT Native"
        let id = query.id ?? Self.newQueryID()
        if query.deadline == .never, let timeout = configuration.queryTimeout { query.deadline = .after(timeout) }
        let result = ClickHouseResult(self, query: query, id: id)
        var insert: ClickHouseInsert?
        do {
            try await start(query, id: id, isInsert: true, result: result)
            let started = try await ClickHouseInsert.begin(self, result: result, deadline: query.deadline)
            insert = started
            try await body(started)
            try await started.finish()
            return result.summary
        } catch {
            // A server that was promised rows waits for them: there is no way out but to close the connection.
            if isInQuery { close() }
            guard let known = error as? ClickHouseError else { throw error }
            throw (insert?.judged(known) ?? known).of(query: id, at: endpoint)
        }
    }

    /// Inserts one block. See `insert(into:columns:options:_:)`.
    @discardableResult
    public func insert(
        into table: String, _ block: Block, options: ClickHouseQuery = ""
    ) async throws -> QuerySummary {
        try await insert(into: table, columns: block.columns.map(\.name), options: options) { insert in
            try await insert.write(block)
        }
    }

    /// A name in backquotes, as it stands in a query's text.
    static func quotedIdentifier(_ name: String) -> String {
        var quoted = "`"
        for character in name.unicodeScalars {
            if character == "`" || character == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(character)
        }
        return quoted + "`"
    }

    private static func newQueryID() -> String {
        ClickHouseUUID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max)).description
    }
}
