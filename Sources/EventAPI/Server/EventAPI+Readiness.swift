import EventStore
import Events
import KafkaClient
import Telemetry
import Transport

/// What the API depends on, by the names that `GET /ready` shows.
enum Dependency {
    static let kafka = "kafka"
    static let clickHouse = "clickhouse"
    static let schema = "schema"
}

extension EventAPI {
    /// Looks twice a second at Kafka, at ClickHouse and its schema, with connections of its own that no request keeps busy,
    /// and tells `readiness` what it finds, and the log what is missing.
    func watchDependencies(_ services: [LoopServices]) async throws {
        guard let loop = services.first?.loop else { return }
        let readiness = readiness
        let log = log
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await loop.run { try await self.watchKafka(services, on: loop) } }
            tasks.addTask { try await loop.run { try await self.watchStore(services[0], on: loop) } }
            tasks.addTask {
                try await loop.run {
                    var lines = ReadinessLog()
                    while true {
                        lines.tell(log, of: readiness)
                        try await loop.sleep(for: .milliseconds(500))
                    }
                }
            }
            for try await _ in tasks {}
        }
    }

    /// The time between two looks.
    private static let interval = Duration.milliseconds(500)
    /// How long a look may take: what has not answered by then is not ready.
    private static let patience = Duration.seconds(2)

    // MARK: Kafka

    private func watchKafka(_ services: [LoopServices], on loop: EventLoop) async throws {
        var configuration = services[0].configuration.kafka
        // One broker that hangs leaves time for another to be asked.
        configuration.connectTimeout = Self.patience
        configuration.requestTimeout = Self.patience * 9 / 20
        configuration.callTimeout = Self.patience / 2
        let admin = KafkaAdmin(configuration, on: loop)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await admin.run() }
            tasks.addTask {
                try await loop.run {
                    while true {
                        let problem = await self.kafkaProblem(services, admin)
                        try Task.checkCancellation()
                        self.readiness.set(Dependency.kafka, problem: problem)
                        try await loop.sleep(for: Self.interval)
                    }
                }
            }
            for try await _ in tasks {}
        }
    }

    private func kafkaProblem(_ services: [LoopServices], _ admin: KafkaAdmin) async -> String? {
        let configuration = services[0].configuration
        let brokers = configuration.kafka.brokers.map(\.description).joined(separator: ", ")
        do {
            let topic = configuration.topic.name
            let found = try await withDeadline(.after(Self.patience)) { try await admin.describeTopics([topic])[topic] }
            // A topic that cannot be made is what is wrong while there is none.
            if found == nil { return topicProblem ?? "there is no topic '\(topic)' at \(brokers)" }
            for service in services {
                let (problem, hasTopic) = try await service.loop.run { (service.producerProblem, service.hasTopic) }
                if let problem { return hasTopic ? problem : topicProblem ?? problem }
            }
            return nil
        } catch let error as KafkaError {
            return "Kafka at \(brokers): \(error)"
        } catch {
            return "Kafka at \(brokers): no answer within \(Self.patience)"
        }
    }

    // MARK: ClickHouse

    private func watchStore(_ services: LoopServices, on loop: EventLoop) async throws {
        var configuration = services.configuration.store
        configuration.connectionsPerLoop = 1
        configuration.writeTimeout = Self.patience
        let store = EventStore(configuration, on: loop)
        do {
            while true {
                let failure = await failure(of: store)
                try Task.checkCancellation()
                readiness.found(failure, hasSchema: services.hasSchema, at: configuration.endpoint)
                try await loop.sleep(for: Self.interval)
            }
        } catch {
            await store.close()
            throw error
        }
    }

    /// What is wrong with ClickHouse, as far as it tells in time.
    private func failure(of store: EventStore) async -> EventStoreError? {
        do {
            let problem = try await withDeadline(.after(Self.patience)) { await store.problem() }
            if problem?.code != .cancelled { return problem }
        } catch {
            // The deadline passed, as where the look says that it was cut short.
        }
        return EventStoreError(.timeout, "no answer within \(Self.patience)")
    }
}

extension Readiness {
    /// Takes over what a look at ClickHouse has found.
    ///
    /// - Parameter hasSchema: Whether the schema was found to be the right one before.
    func found(_ failure: EventStoreError?, hasSchema: Bool, at endpoint: Endpoint) {
        switch failure {
        case nil:
            set(Dependency.clickHouse, problem: nil)
            set(Dependency.schema, problem: hasSchema ? nil : "waiting for `event-analytics migrate`")
        case let failure? where failure.code == .schema:
            set(Dependency.clickHouse, problem: nil)
            let reason = hasSchema ? "gone: \(failure)" : "waiting for `event-analytics migrate`"
            set(Dependency.schema, problem: reason)
        case let failure?:
            set(Dependency.clickHouse, problem: "ClickHouse at \(endpoint): \(failure)")
            // What was known of the schema stays as it was.
            if !hasSchema { set(Dependency.schema, problem: "not known while ClickHouse is away") }
        }
    }
}

extension ReadinessReport {
    /// What is wrong with a dependency, in a line; nil where nothing is.
    func problem(of name: String) -> String? { dependencies.first { $0.name == name }?.problem?.text }
}
