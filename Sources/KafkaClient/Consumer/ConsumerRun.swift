import Transport

/// What a consumer does while it runs: a membership, or given partitions.
///
/// - Safety: `Sendable` though it has plain state, because all of it is touched on the consumer's loop alone.
final class ConsumerRun: @unchecked Sendable {
    private let core: ConsumerCore
    private let session: GroupSession?
    /// For committed offsets without a membership.
    private let coordinator: GroupCoordinator?
    private var isClosing = false
    private var isDone = false
    private let done: LoopSignal

    init(_ core: ConsumerCore, listener: (any ConsumerListener)?) {
        self.core = core
        done = LoopSignal(on: core.loop)
        switch core.configuration.source {
        case .group(let group, let topics):
            session = GroupSession(core, group: group, topics: topics, listener: listener)
            coordinator = nil
        case .partitions(_, let group):
            session = nil
            coordinator = group.map { GroupCoordinator(group: $0, cluster: core.cluster) }
        }
    }

    func run() async throws(KafkaError) {
        var failure: KafkaError?
        await withTaskGroup(of: KafkaError?.self) { group in
            group.addTask {
                await self.core.cluster.run()
                return nil
            }
            group.addTask {
                do throws(KafkaError) {
                    if let session = self.session {
                        try await session.run()
                    } else {
                        try await self.readGiven()
                    }
                    return nil
                } catch {
                    return error
                }
            }
            failure = await group.next() ?? nil
            core.cluster.close()
            group.cancelAll()
        }
        core.fail(failure ?? KafkaError(.closed, "the consumer is closed"))
        isDone = true
        done.signal()
        if let failure, failure.code != .cancelled, failure.code != .closed { throw failure }
    }

    private func readGiven() async throws(KafkaError) {
        guard case .partitions(let partitions, _) = core.configuration.source else { return }
        var positions: [TopicPartition: Int64] = [:]
        if let coordinator {
            positions = try await core.cluster.retrying { () async throws(KafkaError) in
                try await coordinator.committedOffsets(of: partitions)
            }
        }
        for partition in partitions where positions[partition] == nil {
            positions[partition] = try await core.resetOffset(of: partition)
        }
        core.begin(positions)
        while !isClosing, !Task.isCancelled { await done.pause() }
        core.end(partitions)
    }

    func commit(_ offsets: [TopicPartition: Int64]) async throws(KafkaError) {
        if offsets.isEmpty { return }
        if let session { return try await session.commit(offsets) }
        guard let coordinator else {
            throw KafkaError(.configuration, "a consumer without a group has nowhere to commit")
        }
        try await core.cluster.retrying { () async throws(KafkaError) in
            let code = try await coordinator.commit(offsets, memberID: "", generation: -1, instanceID: nil)
            try coordinator.check(code, "the offsets were not committed")
        }
    }

    func close() async {
        isClosing = true
        session?.close()
        done.signal()
        while !isDone, core.failure == nil { await done.pause() }
    }
}
