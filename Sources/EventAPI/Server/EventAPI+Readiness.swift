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
            tasks.addTask { try await loop.run { try await self.watchStore(services[0]) } }
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
        let brokers = configuration.kafka.brokers
        do {
            let topic = configuration.topic.name
            let found = try await withDeadline(.after(Self.patience)) { try await admin.describeTopics([topic])[topic] }
            // A topic that cannot be made is what is wrong while there is none.
            if found == nil { return (topicProblem ?? "there is no topic '\(topic)'").naming(brokers) }
            for service in services {
                let (problem, hasTopic) = try await service.loop.run { (service.producerProblem, service.hasTopic) }
                if let problem { return (hasTopic ? problem : topicProblem ?? problem).naming(brokers) }
            }
            return nil
        } catch let error as KafkaError {
            return "\(error)".naming(brokers)
        } catch {
            return "no answer within \(Self.patience)".naming(brokers)
        }
    }

    // MARK: ClickHouse

    private func watchStore(_ services: LoopServices) async throws {
        while true {
            let problem = await services.store.problem()
            try Task.checkCancellation()
            readiness.found(problem, hasSchema: services.hasSchema, at: services.configuration.store.endpoints)
            try await services.loop.sleep(for: Self.interval)
        }
    }
}

extension Readiness {
    /// Takes over what a look at ClickHouse has found.
    ///
    /// - Parameter hasSchema: Whether the schema was found to be the right one before.
    func found(_ problem: EventStoreError?, hasSchema: Bool, at endpoints: [Endpoint]) {
        if let problem, problem.code != .schema {
            set(Dependency.clickHouse, problem: problem.message.naming(endpoints))
            // What was known of the schema stays as it was.
            if !hasSchema { set(Dependency.schema, problem: "not known while ClickHouse is away") }
        } else {
            set(Dependency.clickHouse, problem: nil)
            set(Dependency.schema, problem: problem?.message ?? (hasSchema ? nil : "found, and taken up at once"))
        }
    }
}

extension String {
    /// A problem with the addresses before it, where it names none of them itself.
    fileprivate func naming(_ endpoints: [Endpoint]) -> String {
        let names = endpoints.map(\.description)
        return names.contains { contains($0) } ? self : "\(names.joined(separator: ", ")): \(self)"
    }
}

extension ReadinessReport {
    /// What is wrong with a dependency, in a line; nil where nothing is.
    func problem(of name: String) -> String? { dependencies.first { $0.name == name }?.problem?.text }
}
