import Bytes
import KafkaProtocol
import Synchronization
import TestSupport
import Transport

@testable import KafkaClient

/// What the members of a test's group have seen, together.
final class GroupLedger: Sendable {
    struct State {
        /// Who has each partition, as the listeners were told.
        var owners: [TopicPartition: Set<String>] = [:]
        /// Partitions that two members had at once.
        var shared: Set<TopicPartition> = []
        /// How often each record was given out.
        var deliveries: [Int: Int] = [:]
    }

    let state = Mutex(State())

    func take(_ partitions: [TopicPartition], by member: String) {
        state.withLock { state in
            for partition in partitions {
                state.owners[partition, default: []].insert(member)
                if state.owners[partition, default: []].count > 1 { state.shared.insert(partition) }
            }
        }
    }

    func giveBack(_ partitions: [TopicPartition], by member: String) {
        state.withLock { state in for partition in partitions { state.owners[partition]?.remove(member) } }
    }

    /// How many partitions each member has.
    var counts: [String: Int] {
        state.withLock { state in
            state.owners.values.reduce(into: [:]) { counts, owners in
                for owner in owners { counts[owner, default: 0] += 1 }
            }
        }
    }

    var delivered: [Int: Int] { state.withLock { $0.deliveries } }
    var shared: Set<TopicPartition> { state.withLock { $0.shared } }
}

/// A consumer with a reader, as a program has it: it reads, and commits what it has read when partitions are revoked.
final class GroupTestMember: ConsumerListener, Sendable {
    struct State {
        var told: [String] = []
        var assigned: [TopicPartition] = []
        /// What was read and not committed yet.
        var uncommitted: [TopicPartition: Int64] = [:]
        var isHolding = false
        /// What `assignment` said while partitions were revoked.
        var whileRevoking: [TopicPartition] = []
        var commitErrors: [KafkaError] = []
        var lastError: (any Error)?
    }

    let name: String
    let ledger: GroupLedger
    let loop: EventLoop
    let configuration: ConsumerConfiguration
    let state = Mutex(State())
    private let made = Mutex<KafkaConsumer?>(nil)
    private let running = Mutex<Task<Void, any Error>?>(nil)
    /// How long the reader works on what it is given.
    let work: Duration
    /// What the listener does before it commits.
    let beforeCommit: @Sendable () async -> Void

    init(
        _ name: String, _ ledger: GroupLedger, _ kafka: KafkaConfiguration, group: String, topics: [String],
        on loop: EventLoop, instanceID: String? = nil, assignors: [any PartitionAssignor] = [.range],
        work: Duration = .zero, rebalanceTimeout: Duration = GroupTimes.rebalance,
        sessionTimeout: Duration = GroupTimes.session,
        beforeCommit: @escaping @Sendable () async -> Void = {}
    ) {
        self.name = name
        self.ledger = ledger
        self.loop = loop
        self.work = work
        self.beforeCommit = beforeCommit
        var configuration = ConsumerConfiguration(kafka, source: .group(group, topics: topics))
        configuration.sessionTimeout = sessionTimeout
        configuration.heartbeatInterval = GroupTimes.heartbeat
        configuration.rebalanceTimeout = rebalanceTimeout
        configuration.instanceID = instanceID
        configuration.assignors = assignors
        configuration.fetchMaxWait = .milliseconds(100)
        self.configuration = configuration
    }

    var consumer: KafkaConsumer? { made.withLock { $0 } }

    /// How many partitions it has, as its listener was told.
    var count: Int { ledger.counts[name, default: 0] }
    var told: [String] { state.withLock { $0.told } }

    /// Joins.
    @discardableResult
    func start() -> GroupTestMember {
        let consumer = KafkaConsumer(configuration, on: loop, listener: self)
        made.withLock { $0 = consumer }
        let task = Task {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await consumer.run() }
                // On the loop: nothing can be revoked between what `next` gives and the note that it is held.
                tasks.addTask { try await self.loop.run { await self.read(consumer) } }
                for try await _ in tasks {}
            }
        }
        running.withLock { $0 = task }
        return self
    }

    /// Leaves in good order, and waits until it has.
    func leave() async throws {
        await consumer?.close()
        try await end()
    }

    /// Waits until `run()` has ended.
    func end() async throws { try await running.withLock { $0 }?.value }

    /// Ends without telling the group, as a process that dies.
    func kill() async {
        let task = running.withLock { $0 }
        task?.cancel()
        _ = await task?.result
        let partitions = state.withLock { state in
            defer { state.assigned = [] }
            return state.assigned
        }
        ledger.giveBack(partitions, by: name)
    }

    private func read(_ consumer: KafkaConsumer) async {
        do {
            while true {
                guard let records = try await consumer.next(wait: .milliseconds(100)) else { continue }
                state.withLock { $0.isHolding = true }
                var numbers: [Int] = []
                try records.forEach { numbers.append(Int($0.value?.utf8 ?? "") ?? -1) }
                let found = numbers
                if work > .zero { try await loop.run { try await self.loop.sleep(for: self.work) } }
                ledger.state.withLock { state in for number in found { state.deliveries[number, default: 0] += 1 } }
                state.withLock { state in
                    state.isHolding = false
                    state.uncommitted[records.partition] = records.nextOffset
                }
            }
        } catch {
            state.withLock { state in
                state.isHolding = false
                state.lastError = error
            }
        }
    }

    /// Commits what was read.
    func commit() async {
        let offsets = state.withLock { $0.uncommitted }
        guard let consumer else { return }
        do {
            try await consumer.commit(offsets)
            state.withLock { state in
                for (partition, offset) in offsets where state.uncommitted[partition] == offset {
                    state.uncommitted[partition] = nil
                }
            }
        } catch let error as KafkaError {
            state.withLock { $0.commitErrors.append(error) }
        } catch {
            state.withLock { $0.lastError = error }
        }
    }

    // MARK: The consumer's calls

    func assigned(_ partitions: [TopicPartition]) async {
        ledger.take(partitions, by: name)
        state.withLock { state in
            state.told.append("assigned \(partitions.count)")
            state.assigned += partitions
            for partition in partitions { state.uncommitted[partition] = nil }
        }
    }

    func revoking(_ partitions: [TopicPartition]) async {
        let now = await consumer?.assignment ?? []
        state.withLock { state in
            state.told.append("revoking \(partitions.count)")
            state.whileRevoking = now
        }
        await beforeCommit()
        while state.withLock({ $0.isHolding }), !Task.isCancelled {
            // Cancelled: the group does not wait any longer.
            try? await loop.sleep(for: .milliseconds(5))
        }
        await commit()
        ledger.giveBack(partitions, by: name)
        state.withLock { state in state.assigned.removeAll { partitions.contains($0) } }
    }

    func lost(_ partitions: [TopicPartition]) async {
        ledger.giveBack(partitions, by: name)
        state.withLock { state in
            state.told.append("lost \(partitions.count)")
            state.assigned.removeAll { partitions.contains($0) }
            for partition in partitions { state.uncommitted[partition] = nil }
        }
    }
}

/// Writes numbers to a topic, over all of its partitions, until it is stopped.
final class NumberWriter: Sendable {
    private let isOver = Atomic(false)
    private let next = Atomic(0)

    /// How many numbers were acknowledged, from 0 on.
    var count: Int { next.load(ordering: .sequentiallyConsistent) }

    func stop() { isOver.store(true, ordering: .sequentiallyConsistent) }

    /// Writes `batch` numbers at a time, until `stop` or until there are `limit`.
    func run(
        to topic: String, _ kafka: KafkaConfiguration, on loop: EventLoop, batch: Int = 20,
        pause: Duration = .milliseconds(5),
        limit: Int = .max
    ) async throws {
        let producer = KafkaProducer(ProducerConfiguration(kafka), on: loop)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await producer.run() }
            try await loop.run {
                try await producer.prepare(topic: topic)
                var number = 0
                while !self.isOver.load(ordering: .sequentiallyConsistent), number < limit {
                    var deliveries: [Delivery] = []
                    for _ in 0..<min(batch, limit - number) {
                        deliveries.append(
                            try producer.onLoop.append(
                                topic: topic, key: ByteSlice(utf8: "\(number)"), value: ByteSlice(utf8: "\(number)")))
                        number += 1
                    }
                    for delivery in deliveries { _ = try await delivery.acknowledged() }
                    self.next.store(number, ordering: .sequentiallyConsistent)
                    if pause > .zero { try await loop.sleep(for: pause) }
                }
            }
            await producer.close()
            try await tasks.waitForAll()
        }
    }
}
