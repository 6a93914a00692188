import Bytes
import ClickHouseClient
import ClickHouseProtocol
import Events
import Synchronization
import TestSupport
import Testing
import Transport

@testable import EventStore

@Suite("How ClickHouse is", .enabled(if: StoreFixture.isAvailable, "no ClickHouse: run Scripts/setup clickhouse"))
struct HealthTests {
    private static func store(_ endpoint: Endpoint, on loop: EventLoop) -> EventStore {
        EventStore(EventStoreConfiguration(endpoint: endpoint), on: loop)
    }

    @Test("Well with its schema, and not without it")
    func schema() async throws {
        try await StoreFixture.withStore(migrated: false) { store, _ in
            var problem = await store.problem()
            #expect(problem?.code == .schema)
            #expect(problem?.isPermanent == false)
            try await store.migrate()
            problem = await store.problem()
            #expect(problem == nil, "\(String(describing: problem))")
            try await store.client.execute(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES (999, 'x', 'y')")
            problem = await store.problem()
            #expect(problem?.code == .schema)
            #expect(problem?.isPermanent == true)
        }
    }

    @Test("All connections in use do not make it look dead, and who waits for one is told that they are in use")
    func busy() async throws {
        try await StoreFixture.withStore { _, configuration in
            var configuration = configuration
            configuration.connectionsPerLoop = 1
            guard let loop = EventLoop.current else { return }
            let store = EventStore(configuration, on: loop)
            try await store.client.withConnection { _ in
                let problem = await store.problem()
                #expect(problem == nil)
                let error = await #expect(throws: EventStoreError.self) {
                    try await store.event(EventID(high: 1, low: 1))
                }
                #expect(error?.code == .busy)
                #expect(error?.message.contains("in use") == true)
            }
            await store.close()
        }
    }

    @Test("Slow readers take no connection from others, and one too many is told so")
    func slowReaders() async throws {
        try await StoreFixture.withStore { first, configuration in
            let events = (0..<200).map { number -> Event in
                var event = StoreFixture.event(number, at: 1_767_962_096_789 + Int64(number))
                event.input = ByteSlice(utf8: String(repeating: "y", count: 2000))
                return event
            }
            try await first.insert(events, new: events)
            var settings = configuration
            settings.connectionsPerLoop = 1
            settings.streamsPerLoop = 2
            guard let loop = EventLoop.current else { return }
            let store = EventStore(settings, on: loop)
            let done = Gate()
            let (one, two) = (Gate(), Gate())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for begun in [one, two] {
                    group.addTask {
                        try await store.loop.run {
                            try await store.conversation("c") { _ in
                                begun.open()
                                await done.wait()
                                return true
                            }
                        }
                    }
                }
                await one.wait()
                await two.wait()
                let error = await #expect(throws: EventStoreError.self) {
                    try await store.conversation("c") { _ in true }
                }
                #expect(error?.code == .busy)
                #expect(error?.message.contains("long results") == true)
                let event = try await store.event(events[0].id)
                #expect(event != nil)
                let short = try await store.conversation("nobody", upTo: 1000)
                #expect(short?.utf8 == "[]")
                done.open()
                try await group.waitForAll()
            }
            await store.close()
        }
    }

    @Test("A ClickHouse that hangs is told from one that is gone")
    func hung() async throws {
        let server = try await ScriptedServer.start("clickhouse-server", ["--json", "--stop-at-eof"])
        try await withLoops(1) { group in
            let loop = group.loops[0]
            var configuration = EventStoreConfiguration(endpoint: .tcp(host: "127.0.0.1", port: server.port))
            configuration.readTimeout = .seconds(1)
            let store = EventStore(configuration, on: loop)
            try await loop.run {
                try await store.migrate()
                try await until("it answers", within: .seconds(60)) { await store.problem() == nil }

                try await server.tell("pause")
                let error = await #expect(throws: EventStoreError.self) {
                    try await store.event(EventID(high: 1, low: 1))
                }
                #expect(error?.code == .timeout)
                #expect(
                    error?.message.contains("the server did not answer within ") == true, "\(error?.message ?? "")")
                var problem = await store.problem()
                #expect(problem?.code == .timeout)

                try await server.tell("resume")
                try await until("it answers again", within: .seconds(60)) { await store.problem() == nil }

                try await server.tell("kill")
                problem = await store.problem()
                #expect(problem?.code == .unavailable)
                #expect(problem?.message.contains("127.0.0.1:\(server.port)") == true)
            }
            await store.close()
        }
    }

    @Test("A query that needs too much memory is told from one that takes too long")
    func tooExpensive() async throws {
        try await StoreFixture.withStore { store, _ in
            let events = (0..<1000).map { StoreFixture.event($0) }
            try await store.insert(events, new: events)
            var query = store.read(
                "SELECT groupArray(toString(number)) FROM numbers(10000000)", [])
            query.settings.append(Setting("max_memory_usage", "10000000"))
            let heavy = query
            var error = await #expect(throws: EventStoreError.self) {
                try await store.asking { try await store.client.blocks(heavy) }
            }
            #expect(error?.code == .tooExpensive)
            query = store.read("SELECT sleepEachRow(1) FROM numbers(100)", [])
            query.settings.append(Setting("max_execution_time", "0.2"))
            query.settings.append(Setting("max_block_size", "1"))
            query.settings.append(Setting("function_sleep_max_microseconds_per_block", "0"))
            let late = query
            error = await #expect(throws: EventStoreError.self) {
                try await store.asking { try await store.client.blocks(late) }
            }
            #expect(error?.code == .timeout)
        }
    }

    @Test("A wait for a server that says nothing is told of before any attempt has ended, and so is its end")
    func silentStart() async throws {
        let lines = Lines()
        try await withServer { stream in
            // A server that takes connections and says nothing.
            let buffer = ReceiveBuffer()
            while let count = try? await stream.read(into: buffer), count > 0 { buffer.consume(count) }
        } _: { listener, loop in
            let store = Self.store(listener.localEndpoint, on: loop)
            let waiting = Task(executorPreference: loop) {
                try await store.waitForSchema(.init(first: .milliseconds(50), next: .milliseconds(50))) {
                    lines.add($0)
                }
            }
            try await until("two lines", within: .seconds(60)) { lines.all.count >= 2 }
            guard case .waiting(_, .unavailable, let reason)? = lines.all.first else {
                Issue.record("\(lines.all)")
                return
            }
            #expect(reason == "nothing has answered yet")
            waiting.cancel()
            _ = await waiting.result
            await store.close()
        }
        try await StoreFixture.withStore(migrated: false) { store, _ in
            let lines = Lines()
            async let waiting: Void = store.waitForSchema(
                .init(first: .milliseconds(10), next: .milliseconds(10))
            ) { lines.add($0) }
            try await until("a line about the schema", within: .seconds(60)) {
                lines.all.contains { if case .waiting(_, .schema, _) = $0 { true } else { false } }
            }
            try await store.migrate()
            try await waiting
            guard case .over? = lines.all.last else {
                Issue.record("\(lines.all)")
                return
            }
        }
    }
}

/// Lines that came, from any thread.
private final class Lines: Sendable {
    private let lines = Mutex<[WaitReport.Line]>([])

    var all: [WaitReport.Line] { lines.withLock { $0 } }

    func add(_ line: WaitReport.Line) { lines.withLock { $0.append(line) } }
}
