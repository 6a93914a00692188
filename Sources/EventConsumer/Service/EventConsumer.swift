import EventStore
import HTTP
import KafkaClient
import Synchronization
import Telemetry
public import Transport

/// The consumer: a member of a group that takes operations from Kafka in batches, applies them to what ClickHouse holds,
/// and commits. Whatever ends it, and wherever, what was not committed is applied again without effect.
public final class EventConsumer: Sendable {
    let configuration: EventConsumerConfiguration
    let metrics = ConsumerMetrics()
    let log = Logger(label: "consumer")
    let readiness = Readiness("kafka", "clickhouse", "schema", "topic")
    private let stopping = Atomic<Bool>(false)
    private let page = Mutex<Endpoint?>(nil)

    /// Makes a consumer; nothing happens before `run`.
    public init(_ configuration: EventConsumerConfiguration) {
        self.configuration = configuration
    }

    /// Where the page with the metrics is, once it is there.
    public var metricsEndpoint: Endpoint? { page.withLock { $0 } }

    /// Whether it was told to stop.
    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// Applies operations until `stop()`, then finishes the batch at hand, commits and leaves the group. Cancellation
    /// ends it at once, which loses nothing.
    ///
    /// - Throws: `EventStoreError`, permanent, where the database's schema or the recorded topic is not what this
    ///   program can work with; `KafkaError` for what does not get better by trying again; `TransportError` where the
    ///   metrics' address cannot be listened on.
    public func run(on group: EventLoopGroup) async throws {
        let loop = group.next()
        let server = try configuration.metricsEndpoint.map { endpoint in
            var server = HTTPServerConfiguration()
            server.drainTimeout = .seconds(1)
            return try HTTPServer.bind(to: endpoint, configuration: server, on: group)
        }
        page.withLock { $0 = server?.localEndpoint }
        group.register(in: metrics.registry)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            if let server {
                tasks.addTask { try await server.run { _ in self.router } }
            }
            tasks.addTask {
                try await loop.run {
                    while case .topicChanged = try await ConsumerSession(self, on: loop).run() {}
                }
                throw Finished()
            }
            tasks.addTask {
                try await loop.run {
                    var lines = ReadinessLog()
                    while true {
                        lines.tell(self.log, of: self.readiness)
                        try await loop.sleep(for: .milliseconds(500))
                    }
                }
            }
            do {
                for try await _ in tasks {}
            } catch is Finished {
                server?.stop()
                tasks.cancelAll()
            }
        }
        log.info("stopped")
    }

    /// The batches are done; the page may end.
    private struct Finished: Error {}

    /// Finishes the batch at hand, commits it, leaves the group, and ends `run`.
    public func stop() { stopping.store(true, ordering: .relaxed) }

    private var router: Router {
        let router = Router()
        router.on(.get, "/health") { _ in .text(.ok, "ok\n") }
        router.on(.get, "/ready") { _ in .readiness(self.readiness.snapshot) }
        router.on(.get, "/metrics") { _ in .metrics(self.metrics.registry) }
        return router
    }
}
