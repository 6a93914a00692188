import KafkaProtocol
import Transport

/// Calls that go on trying.
extension Cluster {
    /// Repeats a call while its failures may pass, for as long as `callTimeout`.
    func retrying<Value>(
        _ body: () async throws(KafkaError) -> Value
    ) async throws(KafkaError) -> Value {
        let deadline = Deadline.now + configuration.callTimeout
        var attempt = 0
        while true {
            do throws(KafkaError) {
                return try await body()
            } catch {
                if isClosed { throw KafkaError(.closed, "the client is closed") }
                attempt += 1
                let wait = configuration.retryBackoff.delay(attempt: attempt)
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
        return try await (link(to: metadata.controller, for: .calls) ?? anyLink()).call(request)
    }

    /// Waits for the first metadata.
    func learnBrokers() async throws(KafkaError) {
        let deadline = Deadline.now + configuration.callTimeout
        while round == 0 {
            wantsRefresh()
            await nextRound(until: deadline)
            if isClosed { throw KafkaError(.closed, "the client is closed") }
            if Task.isCancelled { throw KafkaError(.cancelled, "cancelled") }
            if round == 0, Deadline.now >= deadline {
                throw lastError ?? KafkaError(.timeout, "no broker answered", isRetriable: true)
            }
        }
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
