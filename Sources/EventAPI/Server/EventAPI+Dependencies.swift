import EventStore
import Events
import KafkaClient
import Telemetry
import Transport

extension EventAPI {
    /// Makes the topic where it is missing, and lets each loop's producer learn of it; tries until Kafka answers.
    func learnTopic(_ services: [LoopServices]) async throws {
        guard let first = services.first else { return }
        let configuration = first.configuration
        let admin = KafkaAdmin(configuration.kafka, on: first.loop)
        let failed: @Sendable (KafkaError) -> Void = { self.topicProblem = "\($0)" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await admin.run() }
            group.addTask {
                try await self.retrying("the topic is not ready", on: first.loop, failed: failed) {
                    let topic = configuration.topic
                    if try await admin.describeTopics([topic.name])[topic.name] == nil {
                        try await admin.createTopics([
                            NewTopic(topic.name, partitions: Int32(topic.partitions), settings: topic.settings)
                        ])
                        self.log.info("topic created", metadata: [.topic: topic.name, .count: topic.partitions])
                    }
                }
                await admin.close()
            }
            for try await _ in group {}
        }
        topicProblem = nil
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in services {
                group.addTask {
                    try await service.loop.run {
                        try await self.retrying("the producer is not ready", on: service.loop, failed: failed) {
                            try await service.producer.prepare(topic: configuration.topic.name)
                        }
                        service.hasTopic = true
                    }
                }
            }
            for try await _ in group {}
        }
        topicProblem = nil
    }

    /// Waits until the database has the schema that this program works with.
    ///
    /// - Throws: `EventStoreError`, permanent, where it is another one.
    func awaitSchema(_ services: [LoopServices]) async throws {
        guard let first = services.first else { return }
        try await first.store.waitForSchema()
        for service in services {
            try await service.loop.run { service.hasSchema = true }
        }
    }

    /// Does something until it succeeds, with growing waits between.
    private func retrying(
        _ what: String, on loop: EventLoop, failed: (KafkaError) -> Void = { _ in }, _ body: () async throws -> Void
    ) async throws {
        var attempts = Attempts(Backoff(limit: .seconds(2)))
        while true {
            do {
                return try await body()
            } catch let error as KafkaError where error.code != .cancelled && error.code != .closed {
                // What it waits for, and since when, is said by whoever watches the dependencies.
                log.debug(what, metadata: [.error: error])
                failed(error)
            }
            let wait = attempts.failed()
            try await loop.run { try await loop.sleep(for: wait) }
        }
    }
}

extension LogKey {
    static let topic: LogKey = "topic"
}
