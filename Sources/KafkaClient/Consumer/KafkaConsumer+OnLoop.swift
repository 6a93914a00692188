import Transport

extension KafkaConsumer {
    /// What costs nothing and waits for nothing, for code of this package that is on the consumer's loop already: it traps
    /// anywhere else, so it is nobody else's.
    package var onLoop: OnLoop {
        loop.preconditionCurrent()
        return OnLoop(core: core, runner: runner)
    }

    /// A consumer, from its own loop. See the properties of the same names.
    package struct OnLoop {
        let core: ConsumerCore
        let runner: ConsumerRun

        /// Nothing is revoked between its return and what the caller does before it waits again.
        package func next(wait: Duration) async throws(KafkaError) -> FetchedRecords? {
            try await core.next(until: .after(wait))
        }

        package var assignment: [TopicPartition] { runner.assignment }

        package var positions: [TopicPartition: Int64] {
            core.states.compactMapValues { $0.delivered ?? $0.position }
        }

        package var lag: [TopicPartition: Int64] { core.states.compactMapValues(\.lag) }

        package var membershipProblem: KafkaError? { runner.membershipProblem }

        package func topicDescription(_ name: String) -> TopicDescription? {
            core.cluster.metadata.topics[name].map {
                TopicDescription(name: $0.name, id: $0.id, partitionCount: $0.partitions.count)
            }
        }

        package var isConnected: Bool { core.cluster.isConnected }
    }
}
