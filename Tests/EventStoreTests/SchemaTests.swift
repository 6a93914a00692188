import ClickHouseClient
import Events
import Testing
import Transport

@testable import EventStore

@Suite struct SchemaStateTests {
    private var all: [UInt32: String] {
        Dictionary(uniqueKeysWithValues: Migration.all.map { ($0.version, $0.checksum) })
    }

    @Test func anEmptyDatabaseMissesAllSteps() throws {
        #expect(try SchemaState(applied: [:]).missing().map(\.version) == Migration.all.map(\.version))
        #expect(try SchemaState(applied: all).missing().isEmpty)
        #expect(Migration.all.map(\.version) == Array(1...Migration.newest))
    }

    @Test func aNewerSchemaStopsTheProgram() {
        var applied = all
        applied[Migration.newest + 1] = "00000000"
        let error = #expect(throws: EventStoreError.self) { try SchemaState(applied: applied).missing() }
        #expect(error?.isPermanent == true)
        #expect(error?.message.contains("use a newer program") == true)
    }

    @Test func anotherStepOfTheSameNumberStopsTheProgram() {
        var applied = all
        applied[1] = "00000000"
        let error = #expect(throws: EventStoreError.self) { try SchemaState(applied: applied).missing() }
        #expect(error?.isPermanent == true)
    }

    @Test(.enabled(if: StoreFixture.isAvailable)) func stepsMayBeAppliedTwiceAndByTwoAtOnce() async throws {
        try await StoreFixture.withStore(migrated: false) { store, configuration in
            async let first = store.migrate()
            async let second = store.migrate()
            _ = try await (first, second)
            let again = try await store.migrate()
            #expect(again.isEmpty)
            try await store.waitForSchema()
            // What a newer program leaves behind.
            try await store.client.execute(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES (999, 'x', 'y')")
            await #expect(throws: EventStoreError.self) { try await store.migrate() }
            await #expect(throws: EventStoreError.self) { try await store.waitForSchema() }
        }
    }

    @Test(.enabled(if: StoreFixture.isAvailable)) func topicsAreWrittenDownOnce() async throws {
        try await StoreFixture.withStore { store, _ in
            let topic = TopicRecord(id: EventID(high: 3, low: 4), name: "events", epoch: 1, partitions: 3)
            try await store.record(topic)
            try await store.record(topic)
            #expect(try await store.topics() == [topic])
        }
    }
}
