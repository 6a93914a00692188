import ClickHouseProtocol
import Events
import Testing

@testable import EventStore

/// The queries as text: what narrows them before `FINAL`, what is compared behind it, and that no value stands in them.
@Suite struct PageQueryTests {
    private static func names(_ query: PlannedQuery) -> [String] { query.parameters.map(\.name) }

    @Test func aPageIsFoundByItsKeys() {
        let query = PageQuery.keys(EventPageRequest(EventFilter(), newestFirst: true, after: nil, limit: 100))
        #expect(
            query.text == """
                SELECT id, conversation_id, created_at FROM event_facts FINAL
                ORDER BY created_at DESC, toUInt128(id) DESC LIMIT {limit:UInt64}
                """)
        #expect(query.parameters == [QueryParameter("limit", .uint(101))])
    }

    @Test func whatNeverChangesStandsBeforeFinalAndTheRestBehindIt() {
        var filter = EventFilter()
        filter.conversationID = "c"
        filter.from = Timestamp(milliseconds: 1)
        filter.to = Timestamp(milliseconds: 2)
        filter.eventNames = ["b", "a"]
        filter.hasError = true
        filter.minimumLatency = 1
        filter.maximumLatency = 2
        let place = EventPlace(createdAt: Timestamp(milliseconds: 3), id: EventID(high: 0, low: 1))
        let query = PageQuery.keys(EventPageRequest(filter, newestFirst: false, after: place, limit: 5), found: 2)
        let time = "fromUnixTimestamp64Milli({place_time:Int64}, 'UTC')"
        #expect(
            query.text == """
                SELECT id, conversation_id, created_at FROM events FINAL
                PREWHERE conversation_id = {conversation_id:String} \
                AND created_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') \
                AND created_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') \
                AND created_at >= \(time) AND (created_at > \(time) OR toUInt128(id) > toUInt128({place_id:UUID}))
                WHERE has({event_names:Array(String)}, event_name) AND error != '' \
                AND latency >= {latency_min:Float64} AND latency <= {latency_max:Float64}
                ORDER BY created_at, toUInt128(id) LIMIT {limit:UInt64}
                """)
        #expect(
            Self.names(query) == [
                "conversation_id", "from", "to", "event_names", "latency_min", "latency_max", "place_time", "place_id",
                "limit",
            ])
        #expect(query.parameters.last == QueryParameter("limit", .uint(4)))
        #expect(query.parameters.contains(QueryParameter("event_names", .array([.string("a"), .string("b")]))))
    }

    @Test func rowsAreComparedAgain() {
        var filter = EventFilter()
        filter.hasError = false
        let now = Timestamp(milliseconds: 5)
        let query = PageQuery.rows(EventPageRequest(filter, newestFirst: true, after: nil, limit: 1), window: now...now)
        #expect(
            query.text.contains("IN (SELECT conversation_id, created_at, id FROM places)\nWHERE error = ''\nORDER BY"))
    }

    @Test func conversationsArePickedByOneEventAndCountedByAll() {
        var filter = EventFilter()
        filter.hasError = true
        filter.from = Timestamp(milliseconds: 1)
        let place = ConversationPlace(
            asOf: Timestamp(milliseconds: 9), lastEventAt: Timestamp(milliseconds: 8), conversationID: "c")
        let query = PageQuery.conversations(ConversationPageRequest(filter, after: place, limit: 10))
        let time = "fromUnixTimestamp64Milli({place_time:Int64}, 'UTC')"
        #expect(
            query.text == """
                SELECT conversation_id, max(created_at) AS last_at FROM event_facts FINAL
                PREWHERE length(conversation_id) <= 2048 AND created_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') \
                AND conversation_id IN (SELECT conversation_id FROM event_facts FINAL
                PREWHERE created_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
                WHERE error != '')
                GROUP BY conversation_id
                HAVING last_at < \(time) OR last_at = \(time) AND conversation_id > {place_conversation:String}
                ORDER BY last_at DESC, conversation_id LIMIT {limit:UInt64}
                """)
        #expect(Self.names(query) == ["from", "as_of", "place_time", "place_conversation", "limit"])
    }

    @Test func noValueStandsInAText() {
        let strange = "'; DROP TABLE events --\\'`{x:String}"
        var filter = EventFilter()
        filter.conversationID = strange
        filter.eventNames = [strange]
        filter.words = [strange, "other"]
        filter.metadata = [.init(path: [strange, strange], value: strange), .init(path: ["a"], value: "1.5")]
        let request = EventPageRequest(filter, newestFirst: true, after: nil, limit: 1)
        let now = Timestamp(milliseconds: 5)
        for query in [
            PageQuery.keys(request), PageQuery.rows(request, window: now...now),
            PageQuery.export(filter, window: now..<now),
            PageQuery.days(filter), PageQuery.conversations(ConversationPageRequest(filter, after: nil, limit: 1)),
        ] {
            #expect(!query.text.contains("DROP") && !query.text.contains("other") && !query.text.contains("1.5"))
            #expect(Set(Self.names(query)).count == query.parameters.count, "a parameter is given twice")
            // Each placeholder has its value.
            let wanted = Set(query.text.split(separator: "{").dropFirst().map { String($0.prefix { $0 != ":" }) })
            #expect(wanted.subtracting(Self.names(query)).isEmpty)
        }
    }
}
