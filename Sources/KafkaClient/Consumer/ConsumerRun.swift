import Transport

/// What a consumer does while it runs: a membership, or given partitions.
///
/// - Safety: `Sendable` though it has plain state, because all of it is touched on the consumer's loop alone.
final class ConsumerRun: @unchecked Sendable {
    private let core: ConsumerCore
    let session: GroupSession?
    /// For committed offsets without a membership.
    private let coordinator: Coordinator?
    private var isClosing = false
    private var isRunning = false
    /// Whether given partitions are being read.
    private var isReading = false
    /// Announces that it closes, fails, or has ended.
    private let change: LoopSignal

    init(_ core: ConsumerCore, listener: (any ConsumerListener)?) {
        self.core = core
        change = LoopSignal(on: core.loop)
        switch core.configuration.source {
        case .group(let group, let topics):
            session = GroupSession(core, group: group, topics: topics, listener: listener)
            coordinator = nil
        case .partitions(_, let group):
            session = nil
            coordinator = group.map { Coordinator(group: $0, cluster: core.cluster) }
            core.onFailure = { [change] _ in change.signal() }
        }
    }

    /// Runs until it is closed, which alone ends it without an error, or its task is cancelled, which its owner knows of.
    func run() async throws(KafkaError) {
        let failure = isClosing ? nil : await work()
        core.fail(failure ?? KafkaError(.closed, "the consumer is closed"))
        isRunning = false
        change.signal()
        guard let failure, failure.code != .cancelled || !Task.isCancelled else { return }
        throw failure
    }

    private func work() async -> KafkaError? {
        isRunning = true
        return await withTaskGroup(of: KafkaError?.self) { tasks in
            tasks.addTask {
                await self.core.cluster.run()
                return nil
            }
            tasks.addTask {
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
            var failure: KafkaError?
            // Whichever ends first ends the other.
            for await error in tasks {
                failure = failure ?? error
                core.cluster.close()
                tasks.cancelAll()
            }
            return failure
        }
    }

    private func readGiven() async throws(KafkaError) {
        guard case .partitions(let partitions, _) = core.configuration.source else { return }
        var positions: [TopicPartition: Int64] = [:]
        if let coordinator {
            positions = try await core.cluster.retrying { () async throws(KafkaError) in
                try await coordinator.committedOffsets(of: partitions)
            }
        }
        if isClosing { return }
        let others = try await core.resetOffsets(of: partitions.filter { positions[$0] == nil })
        positions.merge(others) { committed, _ in committed }
        core.begin(positions)
        isReading = true
        defer {
            isReading = false
            core.end(partitions)
        }
        while !isClosing {
            if let failure = core.failure { throw failure }
            switch await change.waitEnd() {
            case .signalled, .deadline: continue
            case .cancelled, .closed: throw .cancelled
            }
        }
    }

    /// The partitions that may be read and committed.
    var assignment: [TopicPartition] { session?.membership.owned.sorted() ?? core.states.keys.sorted() }

    /// As whom it is in its group; nil where it has none.
    var groupMetadata: ConsumerGroupMetadata? {
        if let session {
            let identity = session.membership.identity
            return ConsumerGroupMetadata(
                group: session.coordinator.group, memberID: identity.memberID, generation: identity.generation,
                instanceID: core.configuration.instanceID)
        }
        return coordinator.map { ConsumerGroupMetadata(group: $0.group) }
    }

    /// Why nothing is read now; nil while a member of a generation, or reading given partitions.
    var membershipProblem: KafkaError? {
        if let failure = core.failure { return failure }
        if isClosing { return KafkaError(.closed, "the consumer is closed") }
        if let session { return session.membership.problem(at: .now, otherwise: core.cluster.problem) }
        if isReading { return nil }
        return core.cluster.problem
            ?? KafkaError(.connection, "it is not known yet where to begin to read", isRetriable: true)
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

    /// What the group has committed.
    func committed(_ partitions: [TopicPartition]) async throws(KafkaError) -> [TopicPartition: Int64] {
        guard let coordinator = session?.coordinator ?? coordinator else {
            throw KafkaError(.configuration, "a consumer without a group has nothing committed")
        }
        return try await core.cluster.retrying { () async throws(KafkaError) in
            try await coordinator.committedOffsets(of: partitions)
        }
    }

    /// Closes, and waits until `run` has ended; a cancelled task does not wait. Where `run` was never called, it will end
    /// at once.
    func close() async {
        isClosing = true
        session?.close()
        change.signal()
        if !isRunning { core.fail(KafkaError(.closed, "the consumer is closed")) }
        while isRunning {
            switch await change.waitEnd() {
            case .signalled, .deadline: continue
            case .cancelled, .closed: return
            }
        }
    }
}
