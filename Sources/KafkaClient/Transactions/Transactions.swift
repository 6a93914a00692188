import KafkaProtocol
import Telemetry
import Transport

/// Does what a transactional producer's state asks for, and tells it what came of that. Belongs to the producer's loop.
///
/// - Safety: `Sendable` though it has plain state, because all of it is touched on the producer's loop alone.
final class Transactions: @unchecked Sendable {
    let id: String
    private let core: ProducerCore
    private let coordinator: Coordinator
    private let timeout: Duration
    private(set) var state = TransactionState()
    private var isAdding = false
    /// Whether a call begins, commits or aborts: they wait for each other.
    private var isBusy = false
    private let idle: LoopSignal

    /// The newest versions in which partitions are added by name, and the identity stays for several transactions: what
    /// every broker since 0.11 has.
    private enum Version {
        static let addPartitions: Int16 = 3
        static let addOffsets: Int16 = 3
        static let commitOffsets: Int16 = 4
        static let end: Int16 = 4
    }

    init(_ id: String, timeout: Duration, _ core: ProducerCore) {
        self.id = id
        self.core = core
        self.timeout = timeout
        coordinator = Coordinator(transactionalID: id, cluster: core.cluster)
        idle = LoopSignal(on: core.loop)
    }

    // MARK: Writing

    /// Whether a batch may go to a partition; where not, the coordinator is told of it.
    func mayWrite(to partition: ProducerPartition) -> Bool {
        if state.mayWrite(to: partition.name) { return true }
        add()
        return false
    }

    private func add() {
        guard !isAdding, !state.wanted.isEmpty else { return }
        isAdding = true
        core.cluster.spawn { [self] in
            await addWanted()
            isAdding = false
        }
    }

    private func addWanted() async {
        var attempts = Attempts(core.configuration.kafka.retryBackoff)
        while core.failure == nil {
            let partitions = state.takeWanted()
            guard !partitions.isEmpty, let identity = state.identity else { return }
            let request = AddPartitionsToTxnRequest {
                $0.v3AndBelowTransactionalID = id
                $0.v3AndBelowProducerID = identity.id
                $0.v3AndBelowProducerEpoch = identity.epoch
                $0.v3AndBelowTopics = Dictionary(grouping: partitions, by: \.topic).map { topic, partitions in
                    AddPartitionsToTxnRequest.Topic {
                        $0.name = topic
                        $0.partitions = partitions.map(\.partition)
                    }
                }
            }
            var answer = TransactionState.Answer.again(hasMoved: false)
            do throws(KafkaError) {
                let response = try await coordinator.call(request, limit: Version.addPartitions)
                var codes: [TopicPartition: KafkaErrorCode] = [:]
                for topic in response.resultsByTopicV3AndBelow {
                    for partition in topic.resultsByPartition {
                        codes[TopicPartition(topic.name, partition.partitionIndex)] = partition.partitionErrorCode
                    }
                }
                answer = state.answeredAdding(codes)
            } catch {
                state.unansweredAdding()
                if !error.isRetriable {
                    fail(error)
                    return
                }
            }
            switch answer {
            case .done:
                attempts.succeeded()
                core.drainAll()
            case .failed:
                failed()
                return
            case .again(let hasMoved):
                if hasMoved { coordinator.forget() }
                core.drainAll()
                do throws(KafkaError) { try await core.cluster.pause(attempts.failed()) } catch { return }
            }
        }
    }

    /// A batch failed: the transaction does.
    func fail(_ error: KafkaError) {
        state.fail(error)
        failed()
    }

    /// Nothing of a transaction that failed is sent any more.
    private func failed() {
        guard let problem = state.problem else { return }
        core.discardAll(problem)
    }

    // MARK: Calls

    /// Begins, with an identity from the coordinator where there is none yet.
    func begin() async throws(KafkaError) {
        try await alone { () async throws(KafkaError) in
            if case .unknown = self.state.phase { try await self.identify() }
            try self.state.begin()
        }
    }

    /// Waits until all is acknowledged, and commits.
    func commit() async throws(KafkaError) {
        try await alone { () async throws(KafkaError) in
            if self.state.phase == .open { try await self.core.flush() }
            guard try self.state.beginCommit(), let identity = self.state.identity else { return }
            let request = EndTxnRequest {
                $0.transactionalID = self.id
                $0.producerID = identity.id
                $0.producerEpoch = identity.epoch
                $0.committed = true
            }
            try await self.asking("whether the transaction was committed is not known: commit again") {
                () async throws(KafkaError) in
                let response = try await self.coordinator.call(request, limit: Version.end)
                return (self.state.answeredCommit(response.errorCode), self.coordinator)
            }
        }
    }

    /// Gives up all that was not committed.
    func abort() async throws(KafkaError) {
        try await alone { () async throws(KafkaError) in
            try self.state.abort()
            self.core.discardAll(KafkaError(.transactionFailed, "the transaction was aborted"))
            try await self.identify()
        }
    }

    /// Aborts what is open when the producer closes, so that readers of committed records need not wait for its timeout.
    func abortOpen(until deadline: Deadline) async {
        switch state.phase {
        case .open, .failed: break
        case .unknown, .ready, .committing, .fenced: return
        }
        do {
            try await withDeadline(deadline) { try await self.abort() }
        } catch {
            core.logger.debug("an open transaction is left to its timeout", metadata: [.error: "\(error)"])
        }
    }

    /// Makes a group's offsets part of the transaction.
    func send(_ offsets: [TopicPartition: Int64], of member: ConsumerGroupMetadata) async throws(KafkaError) {
        if offsets.isEmpty { return }
        try await alone { () async throws(KafkaError) in
            if let problem = self.state.problem { throw problem }
            guard let identity = self.state.identity else { return }
            let adding = AddOffsetsToTxnRequest {
                $0.transactionalID = self.id
                $0.producerID = identity.id
                $0.producerEpoch = identity.epoch
                $0.groupID = member.group
            }
            try await self.asking("the group's offsets were not added to the transaction in time") {
                () async throws(KafkaError) in
                let response = try await self.coordinator.call(adding, limit: Version.addOffsets)
                return (self.state.answeredOffsets(response.errorCode), self.coordinator)
            }
            let group = Coordinator(group: member.group, cluster: self.core.cluster)
            let request = self.request(offsets, of: member, identity)
            try await self.asking("the group's offsets were not taken in time") { () async throws(KafkaError) in
                let response = try await group.call(request, limit: Version.commitOffsets)
                let codes = response.topics.flatMap(\.partitions).map(\.errorCode)
                return (self.state.answeredCommit(ofOffsets: codes.first { $0 != .none } ?? .none), group)
            }
        }
    }

    private func request(
        _ offsets: [TopicPartition: Int64], of member: ConsumerGroupMetadata, _ identity: ProducerIdentity
    ) -> TxnOffsetCommitRequest {
        TxnOffsetCommitRequest {
            $0.transactionalID = id
            $0.groupID = member.group
            $0.producerID = identity.id
            $0.producerEpoch = identity.epoch
            $0.generationID = member.generation
            $0.memberID = member.memberID
            $0.groupInstanceID = member.instanceID
            $0.topics = Dictionary(grouping: offsets, by: \.key.topic).map { name, offsets in
                TxnOffsetCommitRequest.Topic {
                    $0.name = name
                    $0.partitions = offsets.map { partition, offset in
                        TxnOffsetCommitRequest.Partition {
                            $0.partitionIndex = partition.partition
                            $0.committedOffset = offset
                        }
                    }
                }
            }
        }
    }

    // MARK: Asking

    /// Asks for an identity, which aborts whatever is open under the transactional id.
    private func identify() async throws(KafkaError) {
        let old = state.identity
        let request = InitProducerIdRequest {
            $0.transactionalID = id
            $0.transactionTimeoutMs = Int32(clamping: timeout.milliseconds)
            $0.producerID = old?.id ?? -1
            $0.producerEpoch = old?.epoch ?? -1
        }
        try await asking("the transactional id was not given in time") { () async throws(KafkaError) in
            let response = try await self.coordinator.call(request)
            guard response.errorCode == .none else {
                let answer = self.state.answeredIdentity(response.errorCode)
                guard answer == .failed else { return (answer, self.coordinator) }
                throw KafkaError(server: response.errorCode, "the transactional id was not given")
            }
            let identity = ProducerIdentity(id: response.producerID, epoch: response.producerEpoch)
            self.state.identified(identity)
            self.core.restart(as: identity)
            return (.done, self.coordinator)
        }
    }

    /// Asks until there is an answer, for as long as a record may take.
    private func asking(
        _ late: String,
        _ ask: () async throws(KafkaError) -> (TransactionState.Answer, Coordinator)
    ) async throws(KafkaError) {
        let deadline = Deadline.after(core.configuration.deliveryTimeout)
        var attempts = Attempts(core.configuration.kafka.retryBackoff)
        var last: KafkaError?
        while true {
            do throws(KafkaError) {
                let (answer, coordinator) = try await ask()
                switch answer {
                case .done: return
                case .failed:
                    failed()
                    throw state.problem ?? KafkaError(.transactionFailed, "the transaction failed")
                case .again(let hasMoved): if hasMoved { coordinator.forget() }
                }
            } catch {
                guard error.isRetriable else { throw error }
                last = error
            }
            let wait = attempts.failed()
            guard Deadline.now + wait < deadline else {
                let reason = last.map { "; last: \($0.message)" } ?? ""
                throw KafkaError(.timeout, late + reason, isRetriable: true)
            }
            try await core.cluster.pause(wait)
        }
    }

    /// One call after the other.
    private func alone(_ body: () async throws(KafkaError) -> Void) async throws(KafkaError) {
        while isBusy {
            switch await idle.waitEnd() {
            case .signalled, .deadline: continue
            case .cancelled: throw .cancelled
            case .closed: throw .loopEnded
            }
        }
        if let failure = core.failure { throw failure }
        isBusy = true
        defer {
            isBusy = false
            idle.signal()
        }
        try await body()
    }
}
