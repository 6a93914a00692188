import KafkaProtocol
import Transport

/// Calls that go on trying.
extension Cluster {
    /// Repeats a call while its failures may pass, for as long as `callTimeout`.
    func retrying<Value>(
        _ body: () async throws(KafkaError) -> Value
    ) async throws(KafkaError) -> Value {
        let deadline = Deadline.now + configuration.callTimeout
        var attempts = Attempts(configuration.retryBackoff)
        while true {
            do throws(KafkaError) {
                return try await body()
            } catch {
                if isClosed { throw closed }
                let wait = attempts.failed()
                guard error.isRetriable, Deadline.now + wait < deadline else { throw error }
                try await pause(wait)
            }
        }
    }

    /// Sends a request to any broker, once.
    func callAny<Request: KafkaRequest>(_ request: Request) async throws(KafkaError) -> Request.Response {
        try await anyLink().call(request)
    }

    /// Sends a request to the controller, once.
    func callController<Request: KafkaRequest>(_ request: Request) async throws(KafkaError) -> Request.Response {
        if round == 0 { try await learnBrokers() }
        if let controller = link(to: metadata.controller, for: .calls) { return try await controller.call(request) }
        return try await callAny(request)
    }

    /// Sends a request about a partition to its leader, once.
    func callLeader<Request: KafkaRequest>(
        of partition: TopicPartition, _ request: Request
    ) async throws(KafkaError) -> Request.Response {
        _ = try await topic(partition.topic)
        guard let known = metadata.partition(partition) else {
            throw KafkaError(
                .unknownPartition, "there is no such partition", topic: partition.topic,
                partition: partition.partition)
        }
        guard let link = link(to: known.leader, for: .calls) else {
            wantsRefresh()
            throw KafkaError(
                .connection, "the partition has no leader now", topic: partition.topic,
                partition: partition.partition, isRetriable: true)
        }
        return try await link.call(request)
    }
}
