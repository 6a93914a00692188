import Bytes
import Events
import EventStore
import Telemetry

@testable import EventConsumer

/// A store in memory that counts what it is asked, and fails, or lets others in, where it is told to.
final class MemoryStore: EventRowStore {
    private(set) var rows: [EventID: Event] = [:]
    private(set) var inserts = 0
    private(set) var lookups: [Int] = []
    private(set) var wholeRows = 0
    private(set) var keys: Set<EventID> = []
    /// How many inserts succeed before one fails.
    var insertsUntilFailure = Int.max
    /// Runs wherever a real store would make its caller wait: before and after the work. What it throws is thrown.
    var whileWaiting: () async throws -> Void = {}

    func states(of ids: [EventID]) async throws -> [EventID: Event] {
        try await whileWaiting()
        lookups.append(ids.count)
        var states: [EventID: Event] = [:]
        for id in ids where keys.contains(id) {
            guard let row = rows[id] else { continue }
            states[id] = Event(
                id: id, conversationID: row.conversationID, createdAt: row.createdAt, updatedAt: row.createdAt,
                isDeleted: row.isDeleted, version: row.version)
        }
        try await whileWaiting()
        return states
    }

    func rows(at places: [Event], _ body: (Event) -> Bool) async throws {
        try await whileWaiting()
        for place in places {
            guard let row = rows[place.id], row.version == place.version else { continue }
            wholeRows += 1
            // Given twice, as a row that was written twice is.
            guard body(row), body(row) else { break }
        }
        try await whileWaiting()
    }

    func insert(_ rows: [Event], new: [Event], trace: TraceContext?) async throws {
        try await whileWaiting()
        guard insertsUntilFailure > 0 else { throw EventStoreError(.unavailable, "told to fail") }
        insertsUntilFailure -= 1
        inserts += 1
        for event in new { keys.insert(event.id) }
        // Rows come after their keys, and a connection may break in between.
        try await whileWaiting()
        // What ClickHouse's merges and reads do: the highest version counts.
        for row in rows where self.rows[row.id].map({ $0.version <= row.version }) ?? true { self.rows[row.id] = row }
        try await whileWaiting()
    }
}
