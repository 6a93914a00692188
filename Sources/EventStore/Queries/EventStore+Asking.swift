public import ClickHouseClient
public import ClickHouseProtocol
public import Transport

extension EventStore {
    /// Asks a query of another module's and gives its result to `body`, within the bounds that all reads have.
    ///
    /// - Parameter deadline: By when it must be done; the server gives up by itself soon after.
    /// - Throws: `EventStoreError`; what else `body` throws counts as `.unavailable`.
    public func ask<Value>(
        _ text: String, _ parameters: [QueryParameter], until deadline: Deadline,
        _ body: (ClickHouseResult) async throws -> Value
    ) async throws(EventStoreError) -> Value {
        var query = ClickHouseQuery(unescaped: text, parameters: parameters, deadline: deadline)
        let seconds = max(deadline.remaining.components.seconds, 0) + 1
        query.settings = [Setting("max_execution_time", String(seconds))]
        return try await asking { try await client.query(query, body) }
    }

    /// The largest result that is held in memory as a whole, in bytes.
    public var resultLimit: Int { configuration.resultLimit }
}
