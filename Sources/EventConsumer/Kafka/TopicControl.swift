public import EventStore
import KafkaClient
import Telemetry
public import Transport

/// What an operator does about the topic of the stored events: looks, takes a new topic, has it read again.
public struct TopicControl: Sendable {
    private let configuration: EventConsumerConfiguration
    private let loop: EventLoop

    /// Works with that topic, group and database.
    public init(_ configuration: EventConsumerConfiguration, on loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
    }

    /// The topic that is there, and those that are recorded.
    public struct State: Sendable {
        /// The topic that is there, with the epoch that it would get as the first one.
        public let found: TopicRecord
        /// The topics whose events are stored.
        public let recorded: [TopicRecord]
    }

    /// How things are.
    ///
    /// - Throws: `KafkaError`, `EventStoreError`.
    public func state() async throws -> State {
        try await working { setup, store in
            State(found: try await setup.find(), recorded: try await store.topics())
        }
    }

    /// Records the topic that is there as the one that takes the place of the recorded ones. Its rows get the next epoch, and
    /// it is read from its beginning.
    ///
    /// - Returns: The record; nil where the topic was recorded already.
    /// - Throws: `KafkaError`, `EventStoreError`.
    public func adopt() async throws -> TopicRecord? {
        try await working { setup, store in
            let record = try TopicPlace.adopt(try await setup.find(), recorded: try await store.topics())
            if let record { try await store.record(record) }
            return record
        }
    }

    /// Has the consumers read the topic from its beginning again: those that run begin anew within seconds, others when
    /// they start. What is stored already stays as it is.
    ///
    /// - Returns: The record; nil where the topic is not recorded, or is another one: nothing of it was read.
    /// - Throws: `KafkaError`, `EventStoreError`.
    public func rebuild() async throws -> TopicRecord? {
        try await working { setup, store in
            let found = try await setup.find()
            guard var record = try await store.topics().first(where: { $0.id == found.id }) else { return nil }
            record.rebuild += 1
            try await store.record(record)
            return record
        }
    }

    private func working<Value: Sendable>(
        _ body: @escaping @Sendable (TopicSetup, EventStore) async throws -> Value
    ) async throws -> Value {
        let (configuration, loop) = (configuration, loop)
        let store = EventStore(configuration.store, on: loop)
        let admin = KafkaAdmin(configuration.kafka, on: loop)
        let setup = TopicSetup(
            configuration: configuration, store: store, admin: admin, log: Logger(label: "topic"))
        return try await withThrowingTaskGroup(of: Value?.self) { tasks in
            tasks.addTask {
                try await admin.run()
                return nil
            }
            tasks.addTask { try await loop.run { try await body(setup, store) } }
            defer { tasks.cancelAll() }
            while let value = try await tasks.next() {
                guard let value else { continue }
                await admin.close()
                await store.close()
                return value
            }
            throw KafkaError(.closed, "the client is closed")
        }
    }
}
