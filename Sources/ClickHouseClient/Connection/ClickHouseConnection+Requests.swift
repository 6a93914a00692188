public import ClickHouseProtocol
import Transport

extension ClickHouseConnection {
    /// Asks a query and gives its result to `body`. What `body` does not read is not sent on: the server is told to stop.
    ///
    /// - Throws: `ClickHouseError`, or what `body` throws.
    public func query<Result>(
        _ query: ClickHouseQuery, _ body: (ClickHouseResult) async throws -> Result
    ) async throws -> Result {
        let result = try await begin(query)
        do {
            let value = try await body(result)
            if !result.isDone { await leave() }
            return value
        } catch {
            await leave()
            if let error = error as? ClickHouseError {
                throw result.fate.fail(error.of(query: result.summary.queryID, at: endpoint))
            }
            throw error
        }
    }

    /// Sends a query.
    ///
    /// - Parameter lease: what the result is to hold until it is done.
    func begin(_ query: ClickHouseQuery, lease: Lease? = nil) async throws(ClickHouseError) -> ClickHouseResult {
        try checkFree()
        let (query, id) = identified(query)
        let result = ClickHouseResult(self, query: query, id: id, lease: lease)
        try await onLoop(loop) { () async throws(ClickHouseError) in
            do throws(ClickHouseError) {
                try await self.start(query, id: id, result: result)
            } catch {
                await self.abandon()
                throw result.fate.fail(error.of(query: id, at: self.endpoint))
            }
        }
        return result
    }

    /// The query with an id and a deadline.
    private func identified(_ query: ClickHouseQuery) -> (ClickHouseQuery, id: String) {
        var query = query
        if query.deadline == .never, let timeout = configuration.queryTimeout { query.deadline = .after(timeout) }
        return (query, query.id ?? Self.newQueryID())
    }

    /// Ends a query that was left in the middle, wherever the caller is.
    private func leave() async {
        // It throws nothing.
        try? await onLoop(loop) { () async throws(ClickHouseError) in await self.abandon() }
    }

    /// Asks a query whose rows, if there are any, are of no interest.
    ///
    /// - Throws: `ClickHouseError`.
    @discardableResult
    public func execute(_ query: ClickHouseQuery) async throws(ClickHouseError) -> QuerySummary {
        let result = try await begin(query)
        do throws(ClickHouseError) {
            while try await result.next() != nil {}
        } catch {
            await leave()
            throw error
        }
        return result.summary
    }

    /// Inserts rows that `body` writes, block by block.
    ///
    /// - Parameters:
    ///   - table: the table's name, behind its database's and a point where it is in another one: `stock.items`.
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
        query.text = "INSERT INTO \(Self.quotedTable(table))\(columns.isEmpty ? "" : " (\(names))") FORMAT Native"
        let (asked, id) = identified(query)
        let result = ClickHouseResult(self, query: asked, id: id)
        // Without its rows it has no effect; those are the insert's concern.
        result.fate = RequestFate(.insert)
        var insert: ClickHouseInsert?
        do {
            let started = try await onLoop(loop) { () async throws(ClickHouseError) in
                try await self.start(asked, id: id, isInsert: true, result: result)
                return Handed(try await ClickHouseInsert.begin(self, result: result, deadline: asked.deadline))
            }.value
            insert = started
            try await body(started)
            try await onLoop(loop) { () async throws(ClickHouseError) in try await started.finish() }
            return result.summary
        } catch {
            // A server that was promised rows waits for them: there is no way out but to close the connection.
            if isInQuery {
                try? await onLoop(loop) { () async throws(ClickHouseError) in self.close() }
            }
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

    /// A table's name, and its database's where there is a point in it.
    static func quotedTable(_ name: String) -> String {
        name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            .map { quotedIdentifier(String($0)) }.joined(separator: ".")
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
