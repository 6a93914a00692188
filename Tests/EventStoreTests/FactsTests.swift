import Bytes
import ClickHouseClient
import Events
import Testing
import Transport

@testable import EventStore

/// What questions look at of events follows the events, whoever wrote them, and whenever.
@Suite("The facts of events", .enabled(if: StoreFixture.isAvailable))
struct FactsTests {
    @Test("rows have one fact each, and the newest counts")
    func newest() async throws {
        try await StoreFixture.withStore { store, _ in
            var first = StoreFixture.event(1, error: "refused", latency: 2)
            first.conversationMetadata = ByteSlice(utf8: #"{"user":{"id":7},"model":"x","none":null}"#)
            try await store.insert([first, StoreFixture.event(2)], new: [first, StoreFixture.event(2)])
            #expect(try await Self.count(store, "event_facts") == 2)
            var changed = StoreFixture.event(1, latency: 3, version: 1 << 50)
            changed.conversationMetadata = first.conversationMetadata
            try await store.insert([changed, StoreFixture.event(2, version: 1 << 50, isDeleted: true)], new: [])
            #expect(
                try await Self.count(
                    store,
                    """
                    event_facts FINAL WHERE latency = 3 AND error = '' AND conversation_id = 'c' AND event_name = 'event_a'
                    AND mapKeys(metadata) = ['user', 'model', 'none'] AND metadata['user'] = '{"id":7}'
                    """) == 1)
            #expect(try await Self.count(store, "event_facts FINAL") == 1)
        }
    }

    @Test("a consumer of an older program need not know of facts")
    func olderProgram() async throws {
        try await StoreFixture.withStore { store, _ in
            try await Self.writeAsBefore(store, id: 1)
            #expect(try await Self.count(store, "event_facts FINAL WHERE metadata['a'] = '\"1\"'") == 1)
        }
    }

    @Test("what is there before the step is copied")
    func copied() async throws {
        try await StoreFixture.withStore(migrated: false) { store, _ in
            _ = try await store.migrate(to: 5)
            for id in 1...3 { try await Self.writeAsBefore(store, id: id) }
            let applied = try await store.migrate()
            #expect(applied.map(\.version) == [6])
            #expect(try await Self.count(store, "event_facts FINAL WHERE metadata['a'] = '\"1\"'") == 3)
        }
    }

    /// Writes a row with the columns that there were before there were facts.
    private static func writeAsBefore(_ store: EventStore, id: Int) async throws {
        try await store.client.execute(
            ClickHouseQuery(
                unescaped: """
                    INSERT INTO events (id, conversation_id, conversation_metadata, created_at, updated_at, is_deleted, version)
                    SELECT toUUID('01890a5d-ac96-774b-bcce-b302099a800\(id)'), 'c', '{"a":"1"}', now64(3), now64(3), 0, 1
                    """))
    }

    private static func count(_ store: EventStore, _ rows: String) async throws -> UInt64? {
        let blocks = try await store.client.blocks(ClickHouseQuery(unescaped: "SELECT count() FROM \(rows)"))
        return try blocks.first.map { try BlockColumns($0).numbers(0) }?.first
    }
}
