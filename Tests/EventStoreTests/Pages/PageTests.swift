import Bytes
import Events
import JSON
import TestSupport
import Testing
import Transport

@testable import EventStore

@Suite("Pages", .enabled(if: StoreFixture.isAvailable, "no ClickHouse: run Scripts/setup clickhouse"))
struct PageTests {
    /// The ids of events in JSON: what stands in texts is escaped.
    static func ids(_ json: String) -> [EventID] {
        json.split(separator: "{\"id\":\"", omittingEmptySubsequences: false).dropFirst().compactMap {
            EventID(String($0.prefix(36)))
        }
    }

    /// All pages, one after the other.
    static func walk(
        _ store: EventStore, _ filter: EventFilter, newestFirst: Bool, limit: Int, between: () async throws -> Void = {}
    ) async throws -> [EventID] {
        var found: [EventID] = []
        var place: EventPlace?
        repeat {
            let page = try await store.page(
                EventPageRequest(filter, newestFirst: newestFirst, after: place, limit: limit))
            let json = try #require(try await store.events(of: page, upTo: 1 << 20)?.utf8)
            let ids = Self.ids(json)
            #expect(ids.count <= limit)
            try #require(found.count < 10_000, "the pages have no end")
            found += ids
            place = page.next
            try await between()
        } while place != nil
        return found
    }

    static func insert(_ changes: (rows: [Event], new: [Event]), into store: EventStore) async throws {
        // Several parts, so that there are versions for FINAL to merge.
        let middle = changes.rows.count / 2
        try await store.insert(Array(changes.rows[..<middle]), new: changes.new)
        try await store.insert(Array(changes.rows[middle...]), new: [])
    }

    @Test(arguments: 0..<3) func filtersPickWhatTheyShouldAfterRandomHistories(seed: Int) async throws {
        try await StoreFixture.withStore { store, _ in
            var model = EventModel(seed: UInt64(seed))
            for _ in 0..<4 { try await Self.insert(model.operate(120), into: store) }
            var picked = 0
            for _ in 0..<30 {
                let filter = model.filter()
                let expected = model.ids(filter)
                picked += expected.count
                let limit = Int.random(in: 20...150, using: &model.random)
                let newest = try await Self.walk(store, filter, newestFirst: true, limit: limit)
                #expect(newest == expected.reversed(), "\(filter)")
                let oldest = try await Self.walk(store, filter, newestFirst: false, limit: limit)
                #expect(oldest == expected, "\(filter)")
                let exported = try await Self.export(store, filter, .ndjson)
                #expect(Self.ids(exported) == expected, "\(filter)")
                try await Self.checkConversations(
                    store, model, filter, limit: Int.random(in: 1...6, using: &model.random))
            }
            #expect(picked > 500)
        }
    }

    @Test(arguments: 0..<2) func pagesNeitherRepeatNorLeaveOutWhatIsThereAllAlong(seed: Int) async throws {
        try await StoreFixture.withStore { store, _ in
            var model = EventModel(seed: UInt64(100 + seed))
            for round in 0..<4 {
                try await Self.insert(model.operate(100), into: store)
                let filter = round == 0 ? EventFilter() : model.filter()
                let newestFirst = round % 2 == 0
                let before = model.shown.filter { model.picks(filter, $0) }
                var everPicked = Set(before.map(\.id))
                let found = try await Self.walk(store, filter, newestFirst: newestFirst, limit: 20) {
                    try await Self.insert(model.operate(12), into: store)
                    everPicked.formUnion(model.ids(filter))
                }
                #expect(Set(found).count == found.count, "an event is on two pages")
                let versions = Dictionary(uniqueKeysWithValues: model.events.map { ($0.id, $0.version) })
                let untouched = before.filter { versions[$0.id] == $0.version }.map(\.id)
                #expect(Set(untouched).isSubset(of: found), "an event is on no page")
                #expect(Set(found).isSubset(of: everPicked))
            }
        }
    }

    @Test func pagesOfConversationsHoldStillWhileNewerEventsCome() async throws {
        try await StoreFixture.withStore { store, _ in
            let first = (0..<60).map {
                StoreFixture.event($0, conversation: "c\($0 % 30)", at: 1_767_962_096_000 + Int64($0 % 7))
            }
            try await store.insert(first, new: first)
            var found: [String] = []
            var place: ConversationPlace?
            var number = 1000
            repeat {
                let page = try await store.conversations(ConversationPageRequest(EventFilter(), after: place, limit: 4))
                found += Self.conversationIDs(page.json.description)
                place = page.next
                // Every conversation goes on, and others begin.
                let more = (0..<40).map { index -> Event in
                    number += 1
                    return StoreFixture.event(number, conversation: "c\(index)", at: 1_767_962_097_000 + Int64(number))
                }
                try await store.insert(more, new: more)
            } while place != nil
            #expect(found.count == 30)
            #expect(Set(found) == Set((0..<30).map { "c\($0)" }))
        }
    }

    @Test func aLongPageComesInPieces() async throws {
        try await StoreFixture.withStore { store, _ in
            let events = (0..<2000).map { number -> Event in
                var event = StoreFixture.event(number, at: 1_767_962_096_789 + Int64(number))
                event.input = ByteSlice(utf8: String(repeating: "y", count: 200))
                return event
            }
            try await store.insert(events, new: events)
            let page = try await store.page(EventPageRequest(EventFilter(), newestFirst: true, after: nil, limit: 1500))
            let tooLong = try await store.events(of: page, upTo: 100_000)
            #expect(tooLong == nil)
            var (whole, pieces) = ("", 0)
            try await store.events(of: page) { piece in
                whole += piece.description
                pieces += 1
                return true
            }
            #expect(pieces > 3)
            #expect(Self.ids(whole) == Array(events.map(\.id).reversed().prefix(1500)))
            #expect(page.next == events[500].place)
        }
    }

    @Test func theFirstAndTheLastMomentThereAreHoldForAll() async throws {
        try await StoreFixture.withStore { store, _ in
            let events = [-2_208_988_800_000, -1, 0, 10_413_791_999_000].enumerated().map {
                StoreFixture.event($0, at: $1)
            }
            try await store.insert(events, new: events)
            var filter = EventFilter()
            filter.from = Timestamp.storable.lowerBound
            filter.to = Timestamp.storable.upperBound
            for filter in [EventFilter(), filter] {
                #expect(try await Self.walk(store, filter, newestFirst: true, limit: 1) == events.map(\.id).reversed())
                #expect(Self.ids(try await Self.export(store, filter, .ndjson)) == events.map(\.id))
            }
        }
    }

    @Test func namesAreCountedByTheirNewestVersion() async throws {
        try await StoreFixture.withStore { store, _ in
            #expect(try await store.eventNames().utf8 == "[]")
            var model = EventModel(seed: 9)
            for _ in 0..<3 { try await Self.insert(model.operate(100), into: store) }
            let counts = Dictionary(grouping: model.shown, by: \.eventName.description).mapValues(\.count)
            let expected = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { "{\"event_name\":\"\($0.key)\",\"count\":\($0.value)}" }.joined(separator: ",")
            #expect(try await store.eventNames().utf8 == "[\(expected)]")
        }
    }

    // MARK: - Conversations

    static func conversationIDs(_ json: String) -> [String] {
        json.split(separator: "{\"conversation_id\":\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
    }

    private static func checkConversations(
        _ store: EventStore, _ model: EventModel, _ filter: EventFilter, limit: Int
    ) async throws {
        var rows: [(last: Int64, id: ByteSlice, json: String)] = []
        for (id, events) in Dictionary(grouping: model.shown, by: \.conversationID) {
            guard events.contains(where: { model.picks(filter, $0) }) else { continue }
            let events = events.sorted { $0.place < $1.place }
            guard let first = events.first, let last = events.last else { continue }
            let errors = events.count { !$0.error.isEmpty }
            let latency = events.map(\.latency).reduce(0, +)
            var writer = ByteWriter()
            writer.write("{\"conversation_id\":")
            writer.writeJSONString(id.span)
            writer.write(",\"first_event_at\":\"\(first.createdAt)\",\"last_event_at\":\"\(last.createdAt)\",")
            writer.write("\"event_count\":\(events.count),\"error_count\":\(errors),\"total_latency\":")
            // The order of the sum is the database's: tenths are rounded away.
            writer.write("\((latency * 10).rounded() / 10)")
            writer.write(",\"metadata\":")
            writer.writeJSONString(first.conversationMetadata.span)
            writer.write("}")
            rows.append((last.createdAt.milliseconds, id, writer.finish().description))
        }
        rows.sort { ($1.last, $0.id.array.description) < ($0.last, $1.id.array.description) }
        rows.sort { $0.last == $1.last ? $0.id.array.lexicographicallyPrecedes($1.id.array) : $0.last > $1.last }
        var found: [String] = []
        var place: ConversationPlace?
        repeat {
            let page = try await store.conversations(ConversationPageRequest(filter, after: place, limit: limit))
            let text = try #require(page.json.utf8)
            let parts = text.dropFirst().dropLast().split(
                separator: ",{\"conversation_id\"", omittingEmptySubsequences: false)
            let objects = parts.enumerated().map { $0 == 0 ? String($1) : "{\"conversation_id\"\($1)" }.filter {
                !$0.isEmpty
            }
            #expect(objects.count <= limit)
            found += objects
            place = page.next
        } while place != nil
        #expect(found.map(rounded) == rows.map { rounded($0.json) }, "\(filter)")
    }

    /// The row with its total latency in tenths.
    private static func rounded(_ row: String) -> String {
        let parts = row.split(separator: "\"total_latency\":", maxSplits: 1)
        guard parts.count == 2 else { return row }
        let number = parts[1].prefix { $0 != "," }
        return "\(parts[0])\(((Double(number) ?? -1) * 10).rounded())\(parts[1].dropFirst(number.count))"
    }

    // MARK: - Export

    static func export(_ store: EventStore, _ filter: EventFilter, _ format: ExportFormat) async throws -> String {
        var text = ""
        let export = try await store.export(filter, as: format)
        try await store.export(export) { piece in
            text += piece.description
            return true
        }
        return text
    }

    @Test func csvIsWhatRFC4180Says() async throws {
        try await StoreFixture.withStore { store, _ in
            let empty = try await Self.export(store, EventFilter(), .csv)
            let names =
                "id,conversation_id,conversation_metadata,event_name,error,latency,input,output,"
                + "input_embeddings,output_embeddings,created_at,updated_at\r\n"
            #expect(empty == names)
            var event = StoreFixture.event(1, conversation: "a,b", error: "say \"no\"", latency: 0.5)
            event.input = ByteSlice(utf8: "two\r\nlines")
            event.output = ByteSlice(utf8: "\"")
            event.conversationMetadata = ByteSlice(utf8: " plain ")
            event.inputEmbeddings = [1, 0.5]
            try await store.insert([event], new: [event])
            let time = "2026-01-09T12:34:56.789Z"
            #expect(
                try await Self.export(store, EventFilter(), .csv) == names
                    + "\(event.id),\"a,b\", plain ,event_a,\"say \"\"no\"\"\",0.5,\"two\r\nlines\",\"\"\"\","
                    + "\"[1,0.5]\",[],\(time),\(time)\r\n")
        }
    }

    @Test func anExportEndsWhereItsReaderWantsNoMore() async throws {
        try await StoreFixture.withStore { store, _ in
            // Two windows' worth, so that there is more to be asked for.
            let events = (0..<3000).map { number -> Event in
                var event = StoreFixture.event(number, at: 1_767_962_096_789 + Int64(number % 2) * 86_400_000 * 400)
                event.input = ByteSlice(utf8: String(repeating: "x", count: 500))
                return event
            }
            try await store.insert(events, new: events)
            var pieces = 0
            let export = try await store.export(EventFilter(), as: .ndjson)
            try await store.export(export) { piece in
                pieces += 1
                return pieces < 4
            }
            #expect(pieces == 4)
            #expect(store.streams.value == 0)
            let whole = try await Self.export(store, EventFilter(), .ndjson)
            #expect(whole.split(separator: "\n").count == 3000)
        }
    }

    @Test func metadataNumbersMeanTheNumberHoweverTheyAreWritten() async throws {
        try await StoreFixture.withStore { store, _ in
            var event = StoreFixture.event(1)
            event.conversationMetadata = ByteSlice(
                utf8: #"{"one":1.0,"many":1e3,"text":"1.0","big":12345678901234567}"#)
            try await store.insert([event], new: [event])
            for (key, value, isThere) in [
                ("one", "1.0", true), ("one", "1", true), ("one", "1.1", false), ("many", "1000", true),
                ("many", "1e3", true),
                ("many", "1E+3", true), ("text", "1.0", true), ("text", "1", false), ("text", "1.00", false),
                ("big", "12345678901234567", true), ("big", "12345678901234568", false), ("one", "0x1p0", false),
            ] {
                var filter = EventFilter()
                filter.metadata = [.init(path: [key], value: value)]
                let found = try await Self.walk(store, filter, newestFirst: true, limit: 9)
                #expect(found.isEmpty != isThere, "\(key) = \(value)")
            }
        }
    }

    @Test func bytesThatAreNoTextDoNotEndASearch() async throws {
        try await StoreFixture.withStore { store, _ in
            var event = StoreFixture.event(1)
            event.input = ByteSlice([0xff, UInt8(ascii: "A"), 0xc3])
            event.output = ByteSlice(utf8: "Ä")
            try await store.insert([event], new: [event])
            for (word, isThere) in [("a", true), ("ä", true), ("b", false)] {
                var filter = EventFilter()
                filter.words = [word]
                let page = try await store.page(EventPageRequest(filter, newestFirst: true, after: nil, limit: 1))
                #expect(page.keys.isEmpty != isThere)
            }
        }
    }
}
