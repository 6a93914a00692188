import Bytes
import Events
import Testing
import Transport

@testable import EventStore

@Suite(.enabled(if: StoreFixture.isAvailable, "no ClickHouse: run Scripts/setup clickhouse"))
struct EventStoreTests {
    @Test func anEventReadsBackExactly() async throws {
        try await StoreFixture.withStore { store, _ in
            var event = StoreFixture.event(1, conversation: "c\"\\\n\u{0}é😀", name: "event_b", error: "e'\t")
            event.conversationMetadata = ByteSlice(utf8: #"{"a":"b"}"#)
            event.latency = 0.1
            event.input = ByteSlice(utf8: "in\u{1}")
            event.output = ByteSlice(utf8: String(repeating: "x", count: 100_000))
            event.inputEmbeddings = [0.1, -0.0, 3.4e38, Float.leastNonzeroMagnitude, 16_777_216]
            try await store.insert([event], new: [event])
            let json = try #require(try await store.event(event.id)?.utf8)
            #expect(
                json.hasPrefix(#"{"id":"01890a5d-ac96-7000-8000-000000000001","conversation_id":"c\"\\\n\u0000é😀","#))
            #expect(json.contains(#""conversation_metadata":"{\"a\":\"b\"}","event_name":"event_b","error":"e'\t","#))
            #expect(json.contains(#""latency":0.1,"input":"in\u0001","output":"xxx"#))
            #expect(json.contains(#""input_embeddings":[0.1,-0,3.4e+38,1e-45,16777216],"output_embeddings":[],"#))
            #expect(
                json.hasSuffix(
                    #""created_at":"2026-01-09T12:34:56.789Z","updated_at":"2026-01-09T12:34:56.789Z"}"#))
            let conversation = try await store.conversation("c\"\\\n\u{0}é😀", upTo: 1 << 20)
            #expect(conversation?.utf8 == "[\(json)]")
            let unknown = try await store.event(EventID(high: 1, low: 1))
            #expect(unknown == nil)
        }
    }

    @Test func theNewestVersionCountsAndDeletedEventsAreHidden() async throws {
        try await StoreFixture.withStore { store, _ in
            let first = StoreFixture.event(1, name: "event_a", version: 10)
            let second = StoreFixture.event(1, name: "event_b", version: 12)
            let other = StoreFixture.event(2, version: 11)
            let gone = StoreFixture.event(2, version: 14, isDeleted: true)
            try await store.insert([second, gone], new: [second, other])
            // Older ones that come later change nothing.
            try await store.insert([first, other], new: [])
            #expect(try await store.event(first.id)?.utf8?.contains(#""event_name":"event_b""#) == true)
            let deleted = try await store.event(other.id)
            #expect(deleted == nil)
            let conversation = try #require(try await store.conversation("c", upTo: 1 << 20)?.utf8)
            #expect(conversation.contains("event_b"))
            #expect(!conversation.contains("event_a"))
            #expect(!conversation.contains(other.id.description))

            let states = try await store.states(of: [first.id, other.id, EventID(high: 7, low: 7)])
            #expect(states.count == 2)
            #expect(states[first.id]?.version.rawValue == 12)
            #expect(states[first.id]?.isDeleted == false)
            #expect(states[other.id]?.version.rawValue == 14)
            #expect(states[other.id]?.isDeleted == true)
            #expect(states[other.id]?.conversationID == ByteSlice(utf8: "c"))
            #expect(states[other.id]?.createdAt == gone.createdAt)

            let place = try #require(states[first.id])
            var rows: [Event] = []
            try await store.rows(at: [place]) { row in
                rows.append(row)
                return true
            }
            #expect(rows.count == 1)
            #expect(rows.first?.eventName == ByteSlice(utf8: "event_b"))
        }
    }

    @Test func `a batch that touches hundreds of months is one insert like any other, again and again`() async throws {
        try await StoreFixture.withStore { store, _ in
            let first: Int64 = 946_684_800_000
            let months = 330
            func events(_ turn: Int) -> [Event] {
                (0..<months * 8).map { number in
                    let days = Int64(number % months) * 304_375 / 10_000
                    return StoreFixture.event(
                        turn * months * 8 + number, conversation: "decades", at: first + days * 86_400_000)
                }
            }
            for turn in 0..<3 {
                let rows = events(turn)
                try await store.insert(rows, new: rows)
            }
            let all = (0..<3).flatMap { events($0) }
            let states = try await store.states(of: all.map(\.id))
            #expect(states.count == all.count)
            for event in all.prefix(months) { #expect(states[event.id]?.createdAt == event.createdAt) }
        }
    }

    @Test func aKeyWithoutARowDoesNoHarm() async throws {
        try await StoreFixture.withStore { store, _ in
            let event = StoreFixture.event(1)
            let other = StoreFixture.event(2)
            // Keys are written first; this is what is left where the process dies before the rows.
            try await store.insert([other], new: [event, other])
            let none = try await store.event(event.id)
            #expect(none == nil)
            let states = try await store.states(of: [event.id])
            #expect(states.isEmpty)
            try await store.insert([event], new: [event])
            let found = try await store.event(event.id)
            #expect(found != nil)
        }
    }

    @Test func aConversationIsInTimeOrderAndTiesInTheOrderOfIdsAsText() async throws {
        try await StoreFixture.withStore { store, _ in
            let time: Int64 = 1_767_962_096_789
            // As UUIDs ClickHouse orders these by their last halves first.
            let one = EventID(high: 1, low: 9)
            let two = EventID(high: 2, low: 5)
            let events = [
                (two, time), (one, time), (EventID(high: 0, low: 7), time + 1), (EventID(high: 9, low: 0), time - 1),
            ]
            .enumerated().map { index, place in
                Event(
                    id: place.0, conversationID: ByteSlice(utf8: "c"), createdAt: Timestamp(milliseconds: place.1),
                    updatedAt: Timestamp(milliseconds: place.1), isDeleted: false,
                    version: EventVersion(rawValue: UInt64(index)))
            }
            try await store.insert(events, new: events)
            let json = try #require(try await store.conversation("c", upTo: 1 << 20)?.utf8)
            let ids = json.split(separator: "\"id\":\"").dropFirst().map { String($0.prefix(36)) }
            #expect(ids == [EventID(high: 9, low: 0), one, two, EventID(high: 0, low: 7)].map(\.description))
            let nothing = try await store.conversation("nobody", upTo: 1 << 20)
            #expect(nothing?.utf8 == "[]")
        }
    }

    @Test func aLongConversationComesInPieces() async throws {
        try await StoreFixture.withStore { store, _ in
            let events = (0..<5000).map { number -> Event in
                var event = StoreFixture.event(number, at: 1_767_962_096_789 + Int64(number))
                event.input = ByteSlice(utf8: String(repeating: "y", count: 200))
                return event
            }
            try await store.insert(events, new: events)
            let tooLong = try await store.conversation("c", upTo: 100_000)
            #expect(tooLong == nil)
            var whole = ""
            var pieces = 0
            try await store.conversation("c") { piece in
                whole += piece.utf8 ?? "?"
                pieces += 1
                return true
            }
            #expect(pieces > 10)
            #expect(whole.hasPrefix("[{") && whole.hasSuffix("}]"))
            #expect(whole.split(separator: "},{").count == 5000)
        }
    }

    @Test func figures() async throws {
        try await StoreFixture.withStore { store, _ in
            let day: Int64 = 86_400_000
            let now: Int64 = 1_767_962_096_789
            let events = [
                StoreFixture.event(1, conversation: "a", error: "boom", latency: 10, at: now),
                StoreFixture.event(2, conversation: "a", latency: 20, at: now),
                StoreFixture.event(3, conversation: "b", latency: 30, at: now - day),
                StoreFixture.event(4, conversation: "b", name: "event_b", error: "x", latency: 40, at: now - day),
                StoreFixture.event(5, conversation: "c", latency: 5, at: now - 9 * day),
                StoreFixture.event(6, conversation: "c", error: "gone", latency: 99, at: now, isDeleted: true),
            ]
            try await store.insert(events, new: events)
            let errors = try await store.errors(eventName: "event_a", since: Timestamp(milliseconds: now - 7 * day))
            #expect(
                errors.utf8
                    == #"[{"date":"2026-01-08","event_name":"event_a","error_count":0,"total_count":1},"#
                    + #"{"date":"2026-01-09","event_name":"event_a","error_count":1,"total_count":2}]"#)
            let none = try await store.errors(eventName: "nothing", since: Timestamp(milliseconds: 0))
            #expect(none.utf8 == "[]")
            let latency = try await store.latency(limit: 3, since: nil)
            #expect(
                latency.utf8
                    == #"[{"conversation_id":"b","event_name":"event_b","p95_latency":40,"event_count":1},"#
                    + #"{"conversation_id":"b","event_name":"event_a","p95_latency":30,"event_count":1},"#
                    + #"{"conversation_id":"a","event_name":"event_a","p95_latency":19.5,"event_count":2}]"#)
            let recent = try await store.latency(limit: 100, since: Timestamp(milliseconds: now - 1))
            #expect(recent.utf8?.contains("\"b\"") == false)
            let top = try await store.topErrors(limit: 10, since: nil)
            #expect(
                top.utf8
                    == #"[{"conversation_id":"a","total_events":2,"error_events":1,"error_rate":0.5},"#
                    + #"{"conversation_id":"b","total_events":2,"error_events":1,"error_rate":0.5},"#
                    + #"{"conversation_id":"c","total_events":1,"error_events":0,"error_rate":0}]"#)
        }
    }

    @Test func conversationsWhoseIdsNoAnswerHasRoomForAreLeftOutOfFigures() async throws {
        try await StoreFixture.withStore { store, _ in
            let fine = String(repeating: "f", count: 2048)
            try await store.insert([StoreFixture.event(1, conversation: fine)], new: [StoreFixture.event(1)])
            for first in stride(from: 2, to: 92, by: 30) {
                let huge = (first..<first + 30).map { number in
                    let id = String(repeating: "h", count: 900_000 + number)
                    return StoreFixture.event(number, conversation: id, error: "x", latency: 9)
                }
                try await store.insert(huge, new: huge)
            }
            for since in [nil, Timestamp(milliseconds: 0)] {
                let latency = try await store.latency(limit: 10_000, since: since)
                #expect(
                    latency.utf8
                        == #"[{"conversation_id":"\#(fine)","event_name":"event_a","p95_latency":0,"event_count":1}]"#)
                let top = try await store.topErrors(limit: 10_000, since: since)
                #expect(
                    top.utf8
                        == #"[{"conversation_id":"\#(fine)","total_events":1,"error_events":0,"error_rate":0}]"#)
            }
        }
    }

    @Test func thousandsOfIdsAtOnce() async throws {
        try await StoreFixture.withStore { store, _ in
            let events = (0..<20_000).map { StoreFixture.event($0, conversation: "c\($0 % 100)") }
            try await store.insert(events, new: events)
            let states = try await store.states(of: events.map(\.id))
            #expect(states.count == events.count)
            var rows = 0
            try await store.rows(at: Array(states.values)) { _ in
                rows += 1
                return rows < 15_000
            }
            #expect(rows == 15_000)
        }
    }
}
