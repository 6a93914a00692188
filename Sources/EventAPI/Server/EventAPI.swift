import Dashboard
import EventStore
import Events
import HTTP
import KafkaClient
import Synchronization
import Telemetry
public import Transport

/// The HTTP API: events in, over Kafka; events and figures out, from ClickHouse. It answers from the first moment on,
/// with 503 for what it cannot do yet, and goes on whatever Kafka and ClickHouse do.
public final class EventAPI: Sendable {
    private let configuration: EventAPIConfiguration
    private let access: Access
    private let state = Mutex(State())
    let metrics = APIMetrics()
    let readiness = Readiness(Dependency.kafka, Dependency.clickHouse, Dependency.schema)
    let log = Logger(label: "api")

    private struct State: ~Copyable {
        var server: HTTPServer?
        var live: LiveFeed?
        var isStopping = false
        /// Why the topic could not be made, where it was tried.
        var topicProblem: String?
    }

    /// Makes an API; nothing is listened on before `run`.
    public init(_ configuration: EventAPIConfiguration) {
        self.configuration = configuration
        access = Access(keys: configuration.keys, eventsPerSecond: configuration.eventsPerSecond)
    }

    /// Where it listens, once it runs: with the port that the system chose, where 0 was asked for.
    public var localEndpoint: Endpoint? { state.withLock { $0.server?.localEndpoint } }

    /// Why the topic could not be made; nil where it is there, or it was not tried yet.
    var topicProblem: String? {
        get { state.withLock { $0.topicProblem } }
        set { state.withLock { $0.topicProblem = newValue } }
    }

    /// Serves until `stop()`, then until the last request was answered and its operation acknowledged. Cancellation
    /// cuts everything at once.
    ///
    /// - Throws: `TransportError` where the address cannot be listened on; `EventStoreError`, permanent, where the
    ///   database's schema is none that this program can work with.
    public func run(on group: EventLoopGroup) async throws {
        let server = try HTTPServer.bind(to: configuration.endpoint, configuration: serverConfiguration, on: group)
        let isStopping = state.withLock { state in
            state.server = server
            return state.isStopping
        }
        if isStopping { return }
        metrics.registry.gauge("http_connections", help: "connections that are open") { Double(server.connectionCount) }
        group.register(in: metrics.registry)
        let places = StoredPlaceCache()
        let live = LiveFeed(configuration, on: group.loops[0])
        state.withLock { $0.live = live }
        let services = group.loops.map { loop in
            LoopServices(
                configuration, on: loop, metrics: metrics, readiness: readiness, places: places, access: access,
                live: live)
        }
        log.info("listening", metadata: [.endpoint: server.localEndpoint])
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for service in services {
                tasks.addTask { try await service.producer.run() }
                tasks.addTask { await service.reads.run() }
                let registry = metrics.registry
                let label = "\(service.loop.index)"
                tasks.addTask { try await service.store.showConnections(in: registry, label: label) }
                let buffered = registry.gauge(
                    "kafka_producer_buffered_bytes", help: "bytes that wait for Kafka's acknowledgement",
                    labels: [("loop", label)])
                tasks.addTask {
                    while true {
                        buffered.set(await service.producer.bufferedBytes)
                        try await service.loop.run { try await service.loop.sleep(for: .seconds(1)) }
                    }
                }
            }
            tasks.addTask { try await self.learnTopic(services) }
            tasks.addTask { try await live.run() }
            if let first = services.first {
                let accepted = metrics.acceptedWrites
                tasks.addTask {
                    try await first.store.announce("api", version: first.configuration.version) { accepted.value }
                }
            }
            tasks.addTask { try await self.awaitSchema(services) }
            tasks.addTask { try await self.watchDependencies(services) }
            tasks.addTask {
                try await server.run { loop in
                    let router = Self.router(services[loop.index])
                    self.configuration.dashboard.register(on: router)
                    return router
                }
                // No request is left that waits for an acknowledgement; what was given up by its client may be.
                await withTaskGroup(of: Void.self) { closing in
                    for service in services {
                        closing.addTask { await service.producer.close() }
                        closing.addTask { await service.store.close() }
                    }
                }
                throw Finished()
            }
            do {
                for try await _ in tasks {}
            } catch is Finished {
                tasks.cancelAll()
            }
        }
        log.info("stopped")
    }

    /// The requests are served; what runs beside them may end.
    private struct Finished: Error {}

    /// Takes no new connections, answers the requests that are there, and ends `run`.
    public func stop() {
        let (server, live) = state.withLock { state in
            state.isStopping = true
            return (state.server, state.live)
        }
        live?.end()
        server?.stop()
    }

    /// Reads the certificate and its key again, where HTTPS is spoken: connections from now on use what they hold then.
    /// And the API keys, where they are in a file: requests from now on are held against those.
    ///
    /// - Throws: What is wrong with them: what could not be read stays as it was.
    public func reload() throws {
        try configuration.tls?.reload()
        if let read = configuration.readKeys { access.use(try read()) }
    }

    private var serverConfiguration: HTTPServerConfiguration {
        var server = HTTPServerConfiguration()
        server.listen.tls = configuration.tls
        server.limits.body = configuration.maximumBody
        // The largest one, and the next one beside it: two loops stay below 256 MiB, whatever comes at once.
        server.largeBodyMemory = 2 * max(configuration.maximumBatch, configuration.maximumBody)
        // A conversation's id of 2,048 bytes takes three times as many in a path, and who asks for a longer one is told
        // that there are no such events.
        server.limits.line = 65_536
        server.drainTimeout = configuration.drainTimeout
        server.refusal = { Answer.refusal($0) }
        server.responseHeaders = Self.cors.headers + [HTTPHeader("x-content-type-options", "nosniff")]
        server.contentCoding = .gzip
        server.observers = [metrics.requests, HTTPAccessLog(level: .debug)]
        return server
    }

    private static let cors: CORS = {
        var cors = CORS()
        cors.methods = "GET, HEAD, POST, PUT, DELETE, OPTIONS"
        return cors
    }()

    static func router(_ services: LoopServices) -> Router {
        let router = Router()
        router.cors = cors
        _ = routes(services, on: router)
        return router
    }

    /// Adds the API's routes, all but the pages' files.
    static func routes(_ services: LoopServices, on router: Router) -> APIRoutes {
        let routes = APIRoutes(
            router, services.access, services.metrics.registry, spans: services.configuration.spans)
        WriteRoutes(services: services).register(on: routes)
        BatchRoute(services: services).register(on: routes)
        SpanRoute(services: services).register(on: routes)
        ReadRoutes(services: services).register(on: routes)
        PageRoutes(services: services).register(on: routes)
        LiveRoute(services: services).register(on: routes)
        StatusRoute(services: services).register(on: routes)
        QuestionRoutes(services: services).register(on: routes)
        ReportRoutes(services: services).register(on: routes)
        routes.on(.open, .get, "/health") { _ in Answer.ok }
        routes.on(.open, .get, "/ping") { _ in HTTPResponse(.noContent) }
        routes.on(.open, .get, "/ready") { _ in .readiness(services.readiness.snapshot) }
        let document = OpenAPIDocument(configuration: services.configuration).json
        routes.on(.open, .get, "/openapi.json") { _ in .json(.ok, document) }
        routes.on(.scope(.admin), .get, "/metrics") { _ in .metrics(services.metrics.registry) }
        return routes
    }
}
