import KafkaProtocol
import Telemetry
import Transport

/// Lives a consumer's membership in its group: does what `GroupMembership` decides, and tells it what came of it.
///
/// - Safety: `Sendable` though it has plain state, because all of it is touched on the consumer's loop alone.
final class GroupSession: @unchecked Sendable {
    let core: ConsumerCore
    let coordinator: Coordinator
    let topics: [String]
    let listener: (any ConsumerListener)?
    let logger = Logger(label: "kafka.group")

    private(set) var membership: GroupMembership
    /// How many partitions each of the group's topics had when this member shared them out; 0 for a missing one.
    var assignedCounts: [String: Int32] = [:]

    /// Whether the group can be joined.
    var outage = OutageReporter(patience: joinPatience)

    /// Where to begin in what was prepared.
    private var positions: [TopicPartition: Int64] = [:]
    /// What runs and can be ended early.
    private var works: [GroupMembership.Ticket: CancellableWork] = [:]
    /// Signals that there may be something to do.
    private let change: LoopSignal

    init(_ core: ConsumerCore, group: String, topics: [String], listener: (any ConsumerListener)?) {
        self.core = core
        self.topics = topics
        self.listener = listener
        coordinator = Coordinator(group: group, cluster: core.cluster)
        change = LoopSignal(on: core.loop)
        let configuration = core.configuration
        membership = GroupMembership(
            GroupMembership.Settings(
                sessionTimeout: configuration.sessionTimeout, heartbeatInterval: configuration.heartbeatInterval,
                rebalanceTimeout: configuration.rebalanceTimeout, isStatic: configuration.instanceID != nil,
                isCooperative: !configuration.assignors.isEmpty && configuration.assignors.allSatisfy(\.isCooperative),
                backoff: configuration.kafka.retryBackoff),
            at: .now)
        core.onFailure = { [weak self] error in self?.tell { $0.fail(error, at: .now) } }
    }

    var configuration: ConsumerConfiguration { core.configuration }

    /// Gives the partitions back and leaves; `run` returns afterwards.
    func close() {
        tell { $0.close(at: .now) }
        core.idle.signal()
    }

    /// Tells the membership what happened, and has `run` do what follows.
    func tell(_ event: (inout GroupMembership) -> Void) {
        event(&membership)
        change.signal()
    }

    /// Is a member until it is closed or fails for good.
    ///
    /// - Throws: what it failed with; `.cancelled` where the task was cancelled: then the group is not told, and the
    ///   listener hears that its partitions are lost.
    func run() async throws(KafkaError) {
        core.cluster.follow(topics)
        let isCancelled = await withDiscardingTaskGroup { tasks in
            while true {
                membership.advance(to: .now)
                for action in membership.takeActions() { perform(action, in: &tasks) }
                if membership.hasEnded {
                    // A heartbeat may be on its way that nobody answers.
                    tasks.cancelAll()
                    return false
                }
                reportOutage(at: .now)
                switch await change.waitEnd(until: min(membership.nextDeadline, outage.nextLook ?? .never)) {
                case .signalled, .deadline: continue
                case .cancelled, .closed:
                    tasks.cancelAll()
                    return true
                }
            }
        }
        if isCancelled {
            core.end(membership.told + membership.partitions)
            if !membership.told.isEmpty || membership.isTold { await listener?.lost(membership.told) }
            throw .cancelled
        }
        if let failure = membership.failure { throw failure }
    }

    // MARK: Actions

    private func perform(_ action: GroupMembership.Action, in tasks: inout DiscardingTaskGroup) {
        switch action {
        case .join(let ticket, let memberID):
            let claim = membership.claim
            start(ticket, in: &tasks) { await self.join(ticket, memberID: memberID, claim) }
        case .sync(let ticket, let identity, let name, let members):
            start(ticket, in: &tasks) {
                await self.sync(ticket, identity, protocolName: name, leading: members)
            }
        case .leave(let ticket, let memberID, let deadline):
            start(ticket, in: &tasks) { await self.leave(ticket, memberID: memberID, by: deadline) }
        case .heartbeat(let heartbeat):
            watchPartitionCounts()
            tasks.addTask { await self.send(heartbeat) }
        case .forgetCoordinator:
            coordinator.forget()
        case .prepare(let ticket, let partitions):
            start(ticket, in: &tasks) { await self.prepare(ticket, partitions) }
        case .read:
            core.begin(positions)
        case .stop(let partitions):
            core.end(partitions)
        case .revoke(let ticket, let partitions):
            core.end(partitions)
            start(ticket, in: &tasks) { await self.revoke(ticket, partitions) }
        case .lose(let ticket, let partitions):
            logger.warning("partitions are lost", metadata: ["partitions": "\(partitions)"])
            core.end(partitions)
            start(ticket, in: &tasks) {
                await self.listener?.lost(partitions)
                self.tell { $0.lost(ticket, at: .now) }
            }
        case .cancel(let ticket):
            works[ticket]?.cancel()
        }
    }

    private func start(
        _ ticket: GroupMembership.Ticket, in tasks: inout DiscardingTaskGroup,
        _ body: @escaping @Sendable () async -> Void
    ) {
        let work = CancellableWork(on: core.loop)
        works[ticket] = work
        tasks.addTask {
            await work.run(body)
            self.works[ticket] = nil
        }
    }

    // MARK: The assignment

    private func prepare(_ ticket: GroupMembership.Ticket, _ partitions: [TopicPartition]) async {
        logger.debug(
            "assigned",
            metadata: ["partitions": "\(partitions)", "generation": "\(membership.generation)"])
        do throws(KafkaError) {
            positions = try await startingPositions(of: partitions)
        } catch {
            return tell { $0.notPrepared(ticket, error, at: .now) }
        }
        await listener?.assigned(partitions)
        tell { $0.prepared(ticket, at: .now) }
    }

    /// Where to begin: at the committed offsets, else as the configuration says.
    private func startingPositions(
        of partitions: [TopicPartition]
    ) async throws(KafkaError) -> [TopicPartition: Int64] {
        if partitions.isEmpty { return [:] }
        var positions = try await core.cluster.retrying { () async throws(KafkaError) in
            try await coordinator.committedOffsets(of: partitions)
        }
        if Task.isCancelled { throw KafkaError(.cancelled, "the partitions are gone again") }
        let others = try await core.resetOffsets(of: partitions.filter { positions[$0] == nil })
        positions.merge(others) { committed, _ in committed }
        return positions
    }

    /// Lets the program finish and commit.
    private func revoke(_ ticket: GroupMembership.Ticket, _ partitions: [TopicPartition]) async {
        if let listener {
            await listener.revoking(partitions)
        } else {
            await readerIsDone()
        }
        tell { $0.revoked(ticket, at: .now) }
    }

    /// Waits until the reader is done with what it had: it waits for more, or closes, or there is no more to wait for.
    private func readerIsDone() async {
        while !core.isIdle, !membership.isStopping {
            switch await core.idle.waitEnd() {
            case .signalled, .deadline: continue
            case .cancelled, .closed: return
            }
        }
    }

    // MARK: Commits

    /// Commits offsets of partitions that are this member's, those included that are being revoked.
    func commit(_ offsets: [TopicPartition: Int64]) async throws(KafkaError) {
        let identity = membership.identity
        try await core.cluster.retrying { () async throws(KafkaError) in
            for partition in offsets.keys where !membership.owned.contains(partition) {
                throw core.notAssigned(partition)
            }
            guard membership.identity == identity else {
                throw KafkaError(.fenced, "the group has rebalanced meanwhile")
            }
            let code = try await coordinator.commit(
                offsets, memberID: identity.memberID, generation: identity.generation,
                instanceID: configuration.instanceID)
            if code == .none { return }
            tell { $0.committed(as: identity, code, at: .now) }
            // The same may be committed once the group has settled, where the partition stays.
            if code == .rebalanceInProgress {
                throw KafkaError(.rebalanceInProgress, "the group is rebalancing", serverCode: code)
            }
            try coordinator.check(code, "the offsets were not committed")
        }
    }
}
