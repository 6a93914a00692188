import Bytes
import ClickHouseClient
import ClickHouseProtocol
import Events
import Testing
import Transport

@testable import EventStore

@Suite(
    "Reading single events", .timeLimit(.minutes(1)),
    .enabled(if: StoreFixture.isAvailable, "no ClickHouse: run Scripts/setup clickhouse"))
struct EventReadsTests {
    /// A store and a reader of it that runs, on the store's loop.
    private func withReads(
        groupedBytes: Int = 16 << 20,
        _ body: @escaping @Sendable (EventStore, EventReads, StoredPlaceCache) async throws -> Void
    ) async throws {
        try await StoreFixture.withStore(configure: { $0.groupedBytes = groupedBytes }) { store, _ in
            let places = StoredPlaceCache()
            let reads = EventReads(store, places: places)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await reads.run() }
                try await body(store, reads, places)
                tasks.cancelAll()
            }
            await #expect(throws: EventStoreError.self) { try await reads.event(EventID(high: 0, low: 1)) }
        }
    }

    /// What many readers get that read at once, by id.
    private func read(_ ids: [EventID], _ reads: EventReads) async throws -> [EventID: ByteSlice?] {
        struct Answer: Sendable {
            let id: EventID
            let json: ByteSlice?
        }
        return try await withThrowingTaskGroup(of: Answer.self) { tasks in
            for id in ids { tasks.addTask { Answer(id: id, json: try await reads.event(id)) } }
            var answers: [EventID: ByteSlice?] = [:]
            for try await answer in tasks { answers[answer.id] = .some(answer.json) }
            return answers
        }
    }

    private func note(_ places: StoredPlaceCache, _ conversation: ByteSlice, _ createdAt: Timestamp, _ id: EventID) {
        places.note(conversation.span, createdAt: createdAt, of: id)
    }

    @Test("many at once get each their own event, whatever is known of its place")
    func many() async throws {
        try await withReads { store, reads, places in
            let events = (1...200).map { StoreFixture.event($0, conversation: "c \($0 % 7)'\\\t", version: UInt64($0)) }
            let gone = StoreFixture.event(201, version: 5)
            let tombstone = StoreFixture.event(201, version: 9, isDeleted: true)
            try await store.insert(events + [gone, tombstone], new: events + [gone])
            // Two are believed to stand elsewhere, one that does not exist to stand somewhere.
            let another = ByteSlice(utf8: "another")
            for event in events.prefix(2) { note(places, another, event.createdAt, event.id) }
            let unknown = EventID(high: 3, low: 3)
            note(places, events[0].conversationID, events[0].createdAt, unknown)
            for _ in 0..<2 {
                let answers = try await read(events.map(\.id) + [gone.id, unknown], reads)
                for event in events {
                    let json = answers[event.id].flatMap(\.self)?.utf8 ?? ""
                    #expect(json.hasPrefix(#"{"id":"\#(event.id)","conversation_id":"c "#))
                }
                #expect(answers[gone.id] == .some(nil))
                #expect(answers[unknown] == .some(nil))
            }
            // A newer version, at a place that is known by now.
            try await store.insert(
                [StoreFixture.event(1, conversation: "c 1'\\\t", name: "event_b", version: 999)], new: [])
            #expect(try await reads.event(events[0].id)?.utf8?.contains(#""event_name":"event_b""#) == true)
        }
    }

    @Test("events that are too large together are read in parts, and one that is too large alone is read all the same")
    func large() async throws {
        try await withReads(groupedBytes: 3_000) { store, reads, _ in
            var events = (1...12).map { StoreFixture.event($0, version: UInt64($0)) }
            for index in events.indices { events[index].output = ByteSlice(utf8: String(repeating: "x", count: 1_000)) }
            events[3].output = ByteSlice(utf8: String(repeating: "y", count: 9_000))
            try await store.insert(events, new: events)
            let answers = try await read(events.map(\.id), reads)
            for event in events { #expect((answers[event.id].flatMap(\.self)?.count ?? 0) > event.output.count) }
        }
    }

    @Test("a conversation's id that is no UTF-8, as another writer may have left it, hides nothing")
    func bytes() async throws {
        try await withReads { store, reads, _ in
            let model = StoreFixture.event(1, version: 1)
            var event = Event(
                id: model.id, conversationID: ByteSlice([0xff, 0x27, 0x5c, 0x00]), createdAt: model.createdAt,
                updatedAt: model.updatedAt, isDeleted: false, version: model.version)
            event.eventName = model.eventName
            let other = StoreFixture.event(2, version: 2)
            try await store.insert([event, other], new: [event, other])
            for _ in 0..<2 {
                let answers = try await read([event.id, other.id], reads)
                #expect(answers[event.id].flatMap(\.self) != nil)
                #expect(answers[other.id].flatMap(\.self) != nil)
            }
        }
    }

    @Test("a reader that is cancelled is nobody else's loss")
    func cancelled() async throws {
        try await withReads { store, reads, _ in
            let event = StoreFixture.event(1, version: 1)
            try await store.insert([event], new: [event])
            let readers = (0..<20).map { _ in Task { try await reads.event(event.id) } }
            for reader in readers.prefix(19) { reader.cancel() }
            let json = try await readers[19].value
            #expect(json != nil)
            for reader in readers.prefix(19) { _ = await reader.result }
            #expect(try await reads.event(event.id) == json)
        }
    }
}
