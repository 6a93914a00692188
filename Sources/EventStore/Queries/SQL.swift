/// The queries' texts. Whatever comes from outside goes into `{…}` parameters.
///
/// `FINAL` shows the newest row of each event, and none for one that is deleted. What never changes (the conversation,
/// the time, the id) may narrow what is read before it; whatever may change is compared after it.
enum SQL {
    /// Where events stand, by their ids.
    static let places = """
        SELECT id, conversation_id, created_at FROM event_keys PREWHERE toUInt128(id) IN {ids:Array(UInt128)}
        """

    /// The rows of events whose places are known, all versions of them: the newest counts, and may be a deletion. The lists
    /// become a constant that the index is searched for, which costs less than a table that is sent along; a constant with
    /// a lambda in it would not be one.
    static let eventsAtPlaces = """
        SELECT \(EventBlock.columns), is_deleted, version FROM events
        PREWHERE (conversation_id, created_at, id) IN arrayZip(
            {conversations:Array(String)}, {times:Array(DateTime64(3, 'UTC'))}, {ids:Array(UUID)})
        """

    /// The same, with the places in the external table `places`.
    static let eventsInPlaces = """
        SELECT \(EventBlock.columns), is_deleted, version FROM events
        PREWHERE (conversation_id, created_at, id) IN (SELECT conversation_id, created_at, id FROM places)
        """

    /// A conversation, in time order. Ties are in the order of the ids as text, which is not that of UUIDs here.
    static let conversation = """
        SELECT \(EventBlock.columns) FROM events FINAL
        WHERE conversation_id = {conversation_id:String}
        ORDER BY created_at, toString(id)
        """

    static let errors = """
        SELECT toDate(created_at) AS date, countIf(error != '') AS error_count, count() AS total_count FROM event_facts FINAL
        WHERE created_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND event_name = {event_name:String}
        GROUP BY date ORDER BY date
        """

    static func latency(since: Bool) -> String {
        """
        SELECT conversation_id, event_name, quantileExactInclusive(0.95)(latency) AS p95_latency, count() AS event_count
        FROM event_facts FINAL WHERE \(shown)\(since ? window : "")
        GROUP BY conversation_id, event_name
        ORDER BY p95_latency DESC, conversation_id, event_name LIMIT {limit:UInt64}
        """
    }

    static func topErrors(since: Bool) -> String {
        """
        SELECT conversation_id, count() AS total_events, countIf(error != '') AS error_events,
            error_events / total_events AS error_rate
        FROM event_facts FINAL WHERE \(shown)\(since ? window : "")
        GROUP BY conversation_id
        ORDER BY error_rate DESC, total_events DESC, conversation_id LIMIT {limit:UInt64}
        """
    }

    /// Ids that are longer than the API takes may stand there from other times or writers: a list of them would be larger
    /// than an answer may be, for everybody who asks. They are left out, rather than cut to what may be another's id.
    static let shown = "length(conversation_id) <= 2048"

    private static let window = " AND created_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')"

    /// What is known of ids: the newest version of each, and whether it is a deletion. `FINAL` would hide those.
    static let states = """
        SELECT id, conversation_id, created_at, max(version) AS newest, argMax(is_deleted, version) AS deleted
        FROM events
        WHERE (conversation_id, created_at, id) IN (
            SELECT conversation_id, created_at, id FROM event_keys
            WHERE toUInt128(id) IN (SELECT toUInt128(id) FROM ids))
        GROUP BY id, conversation_id, created_at
        """

    /// Whole rows, by their places.
    static let rows = """
        SELECT \(EventBlock.columns), version FROM events
        WHERE (conversation_id, created_at, id, version) IN (
            SELECT conversation_id, created_at, id, version FROM places)
        """
}
