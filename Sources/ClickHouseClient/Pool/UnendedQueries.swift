import Transport

/// Queries that were told to stop and whose end nobody has seen, by server.
///
/// ClickHouse looks for a Cancel packet, and for the connection's end, while it runs a query, but not while it prepares one: what
/// it does then goes on. `KILL QUERY` ends that too, and does nothing where the query has ended.
struct UnendedQueries {
    /// How many of one server are remembered; a crowd of them is no reason to keep more.
    static let most = 1000

    private var ids: [Endpoint: [String]] = [:]

    var isEmpty: Bool { ids.isEmpty }

    /// A query was told to stop, and its connection closed before it had.
    mutating func add(_ id: String, on endpoint: Endpoint) {
        guard ids[endpoint, default: []].count < Self.most else { return }
        ids[endpoint, default: []].append(id)
    }

    /// All of them: for each server the statement that ends them. None is left.
    mutating func take() -> [(endpoint: Endpoint, statement: String)] {
        defer { ids = [:] }
        return ids.map { ($0, Self.statement($1)) }
    }

    /// Old servers have no parameters, so that the ids stand in the text.
    private static func statement(_ ids: [String]) -> String {
        let list = ids.map { "'" + $0.flatMap { $0 == "'" || $0 == "\\" ? ["\\", $0] : [$0] } + "'" }
        return "KILL QUERY WHERE query_id IN (\(list.joined(separator: ", "))) ASYNC"
    }
}
