import Bytes
import Events
import TestSupport
import Transport

@testable import EventStore

/// One ClickHouse for all tests of the process, each with a database of its own.
enum StoreFixture {
    static let isAvailable = ScriptedServer.isAvailable("clickhouse-server")

    private static let server = Task {
        try await ScriptedServer.start("clickhouse-server", ["--json", "--stop-at-eof"])
    }

    /// Runs `body` on a loop, with a store over an empty database.
    static func withStore(
        migrated: Bool = true, configure: (inout EventStoreConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (EventStore, EventStoreConfiguration) async throws -> Void
    ) async throws {
        let server = try await server.value
        var configuration = EventStoreConfiguration(endpoint: .tcp(host: "127.0.0.1", port: server.port))
        configuration.database = "test_\(UInt32.random(in: 0 ... .max))"
        // However busy the machine is.
        configuration.probeTimeout = .seconds(60)
        configuration.readTimeout = .seconds(60)
        configure(&configuration)
        let settings = configuration
        try await withLoops(1) { group in
            let loop = group.loops[0]
            let store = EventStore(settings, on: loop)
            try await loop.run {
                if migrated { try await store.migrate() }
                try await body(store, settings)
            }
            await store.close()
        }
    }

    /// A row with a number for everything that a test does not care for.
    static func event(
        _ number: Int, conversation: String = "c", name: String = "event_a", error: String = "", latency: Double = 0,
        at milliseconds: Int64 = 1_767_962_096_789, version: UInt64? = nil, isDeleted: Bool = false
    ) -> Event {
        var event = Event(
            id: EventID(high: 0x0189_0a5d_ac96_7000, low: 0x8000_0000_0000_0000 | UInt64(number)),
            conversationID: ByteSlice(utf8: conversation), createdAt: Timestamp(milliseconds: milliseconds),
            updatedAt: Timestamp(milliseconds: milliseconds), isDeleted: isDeleted,
            version: EventVersion(rawValue: version ?? UInt64(1 << 48 + number)))
        event.eventName = ByteSlice(utf8: name)
        event.error = ByteSlice(utf8: error)
        event.latency = latency
        return event
    }
}
