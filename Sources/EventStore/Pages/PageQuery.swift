import ClickHouseProtocol
import Events

/// A query's text and the values that belong to it.
struct PlannedQuery: Hashable {
    var text: String
    var parameters: [QueryParameter]
}

/// Which events a page holds.
public struct EventPageRequest: Sendable, Hashable {
    /// Which events.
    public var filter: EventFilter
    /// Whether the newest comes first; else the oldest.
    public var newestFirst: Bool
    /// Behind which place the page begins; nil for the first one.
    public var after: EventPlace?
    /// How many there are at most.
    public var limit: Int

    /// Makes a request.
    public init(_ filter: EventFilter, newestFirst: Bool, after: EventPlace?, limit: Int) {
        self.filter = filter
        self.newestFirst = newestFirst
        self.after = after
        self.limit = limit
    }
}

/// Which conversations a page holds: those with an event that the filter picks.
public struct ConversationPageRequest: Sendable, Hashable {
    /// Which events pick them.
    public var filter: EventFilter
    /// Behind which place the page begins; nil for the first one.
    public var after: ConversationPlace?
    /// How many there are at most.
    public var limit: Int

    /// Makes a request.
    public init(_ filter: EventFilter, after: ConversationPlace?, limit: Int) {
        self.filter = filter
        self.after = after
        self.limit = limit
    }
}

/// Plans the queries of pages: from what is asked to text and parameters.
///
/// A page is found by the columns of its order and its conditions, and only then read: whole rows are long. It goes on
/// behind a place, never behind a number of rows, so that what is written meanwhile moves nothing.
enum PageQuery {
    private static func order(newestFirst: Bool) -> String {
        newestFirst ? "ORDER BY created_at DESC, toUInt128(id) DESC" : "ORDER BY created_at, toUInt128(id)"
    }

    /// The keys of a page's events, within a window of time where one is given, and of one more where there is one.
    ///
    /// - Parameter found: How many were found in windows before.
    static func keys(_ request: EventPageRequest, window: Range<Timestamp>? = nil, found: Int = 0) -> PlannedQuery {
        var clauses = FilterClauses(request.filter)
        if let window { clauses.narrow(to: window) }
        if let place = request.after {
            let (reaches, passes) = request.newestFirst ? ("<=", "<") : (">=", ">")
            let time = FilterClauses.time("place_time")
            // The first half is one that the sorting key and the partitions help with.
            clauses.narrow(
                "created_at \(reaches) \(time) AND "
                    + "(created_at \(passes) \(time) OR toUInt128(id) \(passes) toUInt128({place_id:UUID}))",
                ("place_time", .int(place.createdAt.milliseconds)), ("place_id", .uuid(ClickHouseUUID(place.id))))
        }
        return PlannedQuery(
            text: """
                SELECT id, conversation_id, created_at FROM \(clauses.rows)
                \(order(newestFirst: request.newestFirst)) LIMIT {limit:UInt64}
                """,
            parameters: clauses.parameters + [QueryParameter("limit", .uint(UInt64(request.limit + 1 - found)))])
    }

    /// The rows of the keys in the external table `places`, which all lie in `window`. What was changed since the keys were
    /// found, so that the filter picks it no longer, is left out.
    static func rows(_ request: EventPageRequest, window: ClosedRange<Timestamp>) -> PlannedQuery {
        var clauses = FilterClauses(request.filter, from: .rows)
        clauses.narrow(
            "created_at >= \(FilterClauses.time("first"))", ("first", .int(window.lowerBound.milliseconds)))
        clauses.narrow("created_at <= \(FilterClauses.time("last"))", ("last", .int(window.upperBound.milliseconds)))
        clauses.narrow("(conversation_id, created_at, id) IN (SELECT conversation_id, created_at, id FROM places)")
        return PlannedQuery(
            text: "SELECT \(EventBlock.columns) FROM \(clauses.rows)\n\(order(newestFirst: request.newestFirst))",
            parameters: clauses.parameters)
    }

    /// How many rows there are in each month, older versions included: known without reading them.
    static let months =
        "SELECT toYYYYMM(created_at) AS month, count() AS rows FROM events GROUP BY month ORDER BY month"

    /// The same, with the first and the last moment of each month.
    static let spans = """
        SELECT count() AS rows, min(created_at) AS first, max(created_at) AS last FROM event_facts
        GROUP BY toYYYYMM(created_at) ORDER BY first
        """

    /// How many rows there may be on each day, counted from 1900-01-01, that meet the conditions on what never changes.
    static func days(_ filter: EventFilter) -> PlannedQuery {
        let clauses = FilterClauses(filter, from: .rows)
        let conditions = clauses.immutable.isEmpty ? "" : "\nWHERE \(clauses.immutable.joined(separator: " AND "))"
        return PlannedQuery(
            text: """
                SELECT toUInt32(intDiv(toUnixTimestamp64Milli(created_at) - {epoch:Int64}, 86400000)) AS day, count() AS rows
                FROM events\(conditions)
                GROUP BY day ORDER BY day
                """,
            parameters: clauses.parameters + [QueryParameter("epoch", .int(Timestamp.storable.lowerBound.milliseconds))]
        )
    }

    /// All events of a window of time, oldest first.
    static func export(_ filter: EventFilter, window: Range<Timestamp>) -> PlannedQuery {
        var clauses = FilterClauses(filter, from: .rows)
        clauses.narrow(to: window)
        return PlannedQuery(
            text: "SELECT \(EventBlock.columns) FROM \(clauses.rows)\n\(order(newestFirst: false))",
            parameters: clauses.parameters)
    }

    /// The conversations of a page and when their last events were, and of one more where there is one.
    ///
    /// - Parameter start: From when on events are looked at: those of conversations that ended before are not found.
    static func conversations(_ request: ConversationPageRequest, since start: Timestamp? = nil) -> PlannedQuery {
        let picked = FilterClauses(request.filter)
        var clauses = FilterClauses(from: picked.source)
        if let start {
            clauses.narrow("created_at >= \(FilterClauses.time("start"))", ("start", .int(start.milliseconds)))
        }
        if request.filter.conversationID != nil { clauses.narrow("conversation_id = {conversation_id:String}") }
        clauses.narrow(SQL.shown)
        if let place = request.after {
            clauses.narrow("created_at <= \(FilterClauses.time("as_of"))", ("as_of", .int(place.asOf.milliseconds)))
        }
        if !request.filter.isEmpty {
            clauses.narrow("conversation_id IN (SELECT conversation_id FROM \(picked.rows))")
        }
        var having = ""
        var parameters = picked.parameters + clauses.parameters
        if let place = request.after {
            let time = FilterClauses.time("place_time")
            having = """

                HAVING last_at < \(time) OR last_at = \(time) AND conversation_id > {place_conversation:String}
                """
            parameters += [
                QueryParameter("place_time", .int(place.lastEventAt.milliseconds)),
                QueryParameter("place_conversation", .string(place.conversationID)),
            ]
        }
        return PlannedQuery(
            text: """
                SELECT conversation_id, max(created_at) AS last_at FROM \(clauses.rows)
                GROUP BY conversation_id\(having)
                ORDER BY last_at DESC, conversation_id LIMIT {limit:UInt64}
                """,
            parameters: parameters + [QueryParameter("limit", .uint(UInt64(request.limit + 1)))])
    }

    /// The figures of the conversations in the external table `picked`, in any order.
    static let figures = """
        SELECT conversation_id, min(created_at) AS first_at, max(created_at) AS last_at, count() AS event_count,
            countIf(error != '') AS error_count, sumKahan(latency) AS total_latency,
            argMin(conversation_metadata, (created_at, toUInt128(id))) AS metadata
        FROM events FINAL
        PREWHERE conversation_id IN (SELECT conversation_id FROM picked)
        GROUP BY conversation_id
        """

    /// The names and how many events have them.
    static let names = """
        SELECT event_name, count() AS events FROM event_facts FINAL GROUP BY event_name ORDER BY events DESC, event_name
        """
}

extension FilterClauses {
    /// Adds a window of time.
    mutating func narrow(to window: Range<Timestamp>) {
        narrow(
            "created_at >= \(Self.time("window_from")) AND created_at < \(Self.time("window_to"))",
            ("window_from", .int(window.lowerBound.milliseconds)), ("window_to", .int(window.upperBound.milliseconds)))
    }
}
