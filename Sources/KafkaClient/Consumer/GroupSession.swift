import Bytes
import KafkaProtocol
import Telemetry
import Transport

/// A consumer's membership in its group: joins, shows life, hands partitions over, leaves.
///
/// - Safety: `Sendable` though it has plain state, because all of it is touched on the consumer's loop alone.
final class GroupSession: @unchecked Sendable {
    /// The newest versions with plain lengths. What came later is not used here, and librdkafka's mock cluster misreads
    /// JoinGroup's version 6.
    private enum Plain {
        static let join: Int16 = 5
        static let others: Int16 = 3
    }

    let core: ConsumerCore
    let coordinator: GroupCoordinator
    let topics: [String]
    let listener: (any ConsumerListener)?
    let logger = Logger(label: "kafka.group")

    private(set) var membership = GroupMembership()
    /// The partitions that this member may commit.
    private(set) var owned: Set<TopicPartition> = []
    /// How many partitions each topic had when the leader assigned them.
    private var assignedCounts: [String: Int32] = [:]

    private var mustRejoin = false
    private var isLost = false
    private var failure: KafkaError?
    private(set) var isClosing = false
    /// Signals that one of these has changed.
    private let change: LoopSignal

    init(_ core: ConsumerCore, group: String, topics: [String], listener: (any ConsumerListener)?) {
        self.core = core
        self.topics = topics
        self.listener = listener
        coordinator = GroupCoordinator(group: group, cluster: core.cluster)
        change = LoopSignal(on: core.loop)
    }

    private var configuration: ConsumerConfiguration { core.configuration }

    /// Gives the partitions back and leaves; `run` returns afterwards.
    func close() {
        isClosing = true
        change.signal()
        core.idle.signal()
    }

    /// Is a member until closed, cancelled or refused for good.
    func run() async throws(KafkaError) {
        core.cluster.follow(topics)
        var attempt = 0
        while !isClosing {
            do throws(KafkaError) {
                let assignment = try await join()
                attempt = 0
                try await work(on: assignment)
            } catch {
                if isClosing { break }
                guard error.isRetriable, !Task.isCancelled else { throw error }
                attempt += 1
                logger.debug("group", metadata: ["reason": error.description])
                try await core.cluster.pause(configuration.kafka.retryBackoff.delay(attempt: attempt))
            }
        }
        await leave()
    }

    // MARK: Joining

    /// Joins until there is an assignment.
    private func join() async throws(KafkaError) -> [TopicPartition] {
        var attempt = 0
        membership.willJoin()
        var step = GroupMembership.Step.join
        while true {
            if isClosing { throw KafkaError(.closed, "the consumer is closed") }
            switch step {
            case .join:
                step = try await sendJoin()
            case .sync(let members):
                step = try await sendSync(members)
            case .work(let assignment):
                return try partitions(in: assignment)
            case .findCoordinator, .wait, .rejoin, .abandon, .proceed:
                if step == .findCoordinator { coordinator.forget() }
                attempt += 1
                try await core.cluster.pause(configuration.kafka.retryBackoff.delay(attempt: attempt))
                step = .join
            case .fail(let code):
                throw KafkaError(server: code, "the group does not take this member")
            }
        }
    }

    private func sendJoin() async throws(KafkaError) -> GroupMembership.Step {
        membership.willJoin()
        let subscription = ConsumerProtocolSubscription { $0.topics = topics.sorted() }
        let metadata = try encoded(subscription, version: 0)
        let request = JoinGroupRequest {
            $0.groupID = coordinator.group
            $0.sessionTimeoutMs = Int32(clamping: configuration.sessionTimeout.milliseconds)
            $0.rebalanceTimeoutMs = Int32(clamping: configuration.rebalanceTimeout.milliseconds)
            $0.memberID = membership.memberID
            $0.groupInstanceID = configuration.instanceID
            $0.protocolType = "consumer"
            $0.protocols = [
                JoinGroupRequest.GroupProtocol {
                    $0.name = "range"
                    $0.metadata = metadata
                }
            ]
        }
        // The coordinator answers once all members have joined.
        let timeout = configuration.rebalanceTimeout + configuration.kafka.requestTimeout
        let response = try await coordinator.call(request, limit: Plain.join, timeout: timeout, purpose: .group)
        var members: [RangeAssignor.Member] = []
        for member in response.members {
            let subscription: ConsumerProtocolSubscription
            do {
                subscription = try ConsumerProtocolSubscription(member.metadata)
            } catch {
                throw KafkaError(.malformedResponse, "a member's subscription: \(error)")
            }
            members.append(
                RangeAssignor.Member(
                    id: member.memberID, instanceID: member.groupInstanceID, topics: subscription.topics))
        }
        return membership.joined(
            response.errorCode, memberID: response.memberID, generation: response.generationID,
            leader: response.leader, protocolName: response.protocolName, members: members)
    }

    private func sendSync(_ members: [RangeAssignor.Member]?) async throws(KafkaError) -> GroupMembership.Step {
        var assignments: [SyncGroupRequest.Assignment] = []
        if let members { assignments = try await assign(to: members) }
        let request = SyncGroupRequest {
            $0.groupID = coordinator.group
            $0.generationID = membership.generation
            $0.memberID = membership.memberID
            $0.groupInstanceID = configuration.instanceID
            $0.protocolType = "consumer"
            $0.protocolName = membership.protocolName
            $0.assignments = assignments
        }
        let timeout = configuration.rebalanceTimeout + configuration.kafka.requestTimeout
        let response = try await coordinator.call(request, limit: Plain.others, timeout: timeout, purpose: .group)
        return membership.synced(response.errorCode, assignment: response.assignment)
    }

    /// The leader's work: who gets what.
    private func assign(
        to members: [RangeAssignor.Member]
    ) async throws(KafkaError) -> [SyncGroupRequest.Assignment] {
        assignedCounts = [:]
        for topic in Set(members.flatMap(\.topics)) {
            do throws(KafkaError) {
                assignedCounts[topic] = Int32(try await core.cluster.topic(topic).partitions.count)
            } catch {
                // A topic that is not there gives nobody anything, until it is there.
                guard error.code == .unknownTopic else { throw error }
                core.cluster.follow([topic])
                logger.warning("topic of a subscription is missing", metadata: ["topic": topic])
            }
        }
        var assignments: [SyncGroupRequest.Assignment] = []
        for (member, partitions) in RangeAssignor.assign(members: members, partitionCounts: assignedCounts) {
            let assignment = ConsumerProtocolAssignment {
                $0.assignedPartitions = Dictionary(grouping: partitions, by: \.topic).map { topic, partitions in
                    ConsumerProtocolAssignment.TopicPartition {
                        $0.topic = topic
                        $0.partitions = partitions.map(\.partition)
                    }
                }
            }
            let bytes = try encoded(assignment, version: 0)
            assignments.append(
                SyncGroupRequest.Assignment {
                    $0.memberID = member
                    $0.assignment = bytes
                })
        }
        return assignments
    }

    private func encoded(_ data: some KafkaData, version: Int16) throws(KafkaError) -> ByteSlice {
        do {
            return try data.encoded(version: version)
        } catch {
            throw KafkaError(.configuration, "\(error)")
        }
    }

    private func partitions(in bytes: ByteSlice) throws(KafkaError) -> [TopicPartition] {
        if bytes.isEmpty { return [] }
        do {
            return try ConsumerProtocolAssignment(bytes).assignedPartitions.flatMap { topic in
                topic.partitions.map { TopicPartition(topic.topic, $0) }
            }.sorted()
        } catch {
            throw KafkaError(.malformedResponse, "the assignment: \(error)")
        }
    }

    // MARK: Working

    /// Reads what was assigned until it must be given back.
    private func work(on partitions: [TopicPartition]) async throws(KafkaError) {
        mustRejoin = false
        isLost = false
        failure = nil
        owned = Set(partitions)
        logger.debug(
            "assigned",
            metadata: ["partitions": "\(partitions)", "generation": "\(membership.generation)"])
        // Heartbeats go on while offsets are looked up, while records are read, and while partitions are handed over.
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.showLife() }
            group.addTask { await self.readAndHandOver(partitions) }
            var remaining = 2
            while await group.next() != nil {
                remaining -= 1
                // The handing over ends the heartbeats; heartbeats that end first have told why.
                if remaining == 1, hasHandedOver { group.cancelAll() }
            }
        }
        owned = []
        if let failure { throw failure }
        if Task.isCancelled { throw KafkaError(.cancelled, "cancelled") }
    }

    private var hasHandedOver = false

    private var mustStop: Bool { mustRejoin || isLost || isClosing || failure != nil || Task.isCancelled }

    private func readAndHandOver(_ partitions: [TopicPartition]) async {
        hasHandedOver = false
        defer {
            hasHandedOver = true
            change.signal()
        }
        do throws(KafkaError) {
            let positions = try await self.positions(of: partitions)
            if !isLost {
                await listener?.assigned(partitions)
                core.begin(positions)
            }
        } catch {
            if error.code != .cancelled, !error.isRetriable { failure = error }
            mustRejoin = true
        }
        while !mustStop { await change.pause() }
        core.end(partitions)
        if !isLost { await handOver(partitions) }
        if isLost {
            owned = []
            await listener?.lost(partitions)
        }
    }

    /// Lets the program finish and commit, for as long as the group waits.
    private func handOver(_ partitions: [TopicPartition]) async {
        let deadline = Deadline.now + configuration.rebalanceTimeout
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                if let listener = self.listener {
                    await listener.revoking(partitions)
                } else {
                    // A reader that waits for more is done with what it had, and so is one that closes.
                    while !self.core.isIdle, !self.isClosing, !Task.isCancelled { await self.core.idle.pause() }
                }
                return true
            }
            group.addTask {
                while !self.isLost, Deadline.now < deadline, !Task.isCancelled {
                    await self.change.pause(until: deadline)
                }
                return false
            }
            let isDone = await group.next() ?? false
            if !isDone, !isLost, !Task.isCancelled {
                logger.warning("partitions were not handed over in time", metadata: ["partitions": "\(partitions)"])
                isLost = true
            }
            group.cancelAll()
        }
    }

    /// Where to begin: at the committed offsets, else as the configuration says.
    private func positions(of partitions: [TopicPartition]) async throws(KafkaError) -> [TopicPartition: Int64] {
        if partitions.isEmpty { return [:] }
        var positions = try await core.cluster.retrying { () async throws(KafkaError) in
            try await coordinator.committedOffsets(of: partitions)
        }
        for partition in partitions where positions[partition] == nil {
            if mustStop { throw KafkaError(.cancelled, "the partitions are gone again") }
            positions[partition] = try await core.resetOffset(of: partition)
        }
        return positions
    }

    // MARK: Heartbeats

    private func showLife() async {
        var lastAnswer = Deadline.now
        while !Task.isCancelled, !isLost, failure == nil, !hasHandedOver {
            let next = Deadline.now + configuration.heartbeatInterval
            while Deadline.now < next, !Task.isCancelled, !hasHandedOver { await change.pause(until: next) }
            if Task.isCancelled || hasHandedOver { return }
            checkPartitionCounts()
            let request = HeartbeatRequest {
                $0.groupID = coordinator.group
                $0.generationID = membership.generation
                $0.memberID = membership.memberID
                $0.groupInstanceID = configuration.instanceID
            }
            do throws(KafkaError) {
                let timeout = min(configuration.kafka.requestTimeout, configuration.sessionTimeout)
                let response = try await coordinator.call(
                    request, limit: Plain.others, timeout: timeout, purpose: .group)
                lastAnswer = Deadline.now
                take(membership.answered(response.errorCode))
            } catch {
                if error.code == .cancelled { return }
                logger.debug("no heartbeat", metadata: ["reason": error.description])
                if lastAnswer + configuration.sessionTimeout < Deadline.now { take(membership.sessionExpired()) }
            }
        }
    }

    /// Acts on what the coordinator said.
    private func take(_ step: GroupMembership.Step) {
        switch step {
        case .proceed, .work, .sync, .wait, .join:
            return
        case .findCoordinator:
            coordinator.forget()
        case .rejoin:
            guard !mustRejoin else { return }
            mustRejoin = true
        case .abandon:
            isLost = true
            owned = []
        case .fail(let code):
            failure = KafkaError(server: code, "the group does not keep this member")
            isLost = true
            owned = []
        }
        change.signal()
    }

    /// The leader sees to it that partitions that are new are assigned, too.
    private func checkPartitionCounts() {
        guard membership.isLeader, membership.state == .stable, !mustRejoin else { return }
        for topic in topics {
            guard let now = core.cluster.metadata.topics[topic]?.partitions.count else { continue }
            if Int32(now) != assignedCounts[topic] ?? 0 {
                mustRejoin = true
                change.signal()
            }
        }
    }

    // MARK: Commits and the end

    /// Commits offsets of partitions that are still this member's.
    func commit(_ offsets: [TopicPartition: Int64]) async throws(KafkaError) {
        let generation = membership.generation
        try await core.cluster.retrying { () async throws(KafkaError) in
            for partition in offsets.keys where !self.owned.contains(partition) { throw core.notAssigned(partition) }
            guard membership.generation == generation else {
                throw KafkaError(.fenced, "the group has rebalanced meanwhile")
            }
            let code = try await coordinator.commit(
                offsets, memberID: membership.memberID, generation: generation,
                instanceID: configuration.instanceID)
            if code == .none { return }
            take(membership.answered(code))
            // The same may be committed once the group has settled, where the partition stays.
            if code == .rebalanceInProgress {
                throw KafkaError(.rebalanceInProgress, "the group is rebalancing", serverCode: code)
            }
            try coordinator.check(code, "the offsets were not committed")
        }
    }

    private func leave() async {
        guard !membership.memberID.isEmpty, membership.state == .stable, configuration.instanceID == nil else {
            return membership.leave()
        }
        let member = membership.memberID
        let request = LeaveGroupRequest {
            $0.groupID = coordinator.group
            $0.memberID = member
            $0.members = [LeaveGroupRequest.MemberIdentity { $0.memberID = member }]
        }
        membership.leave()
        do throws(KafkaError) {
            _ = try await coordinator.call(request, limit: Plain.others, timeout: .seconds(5), purpose: .group)
        } catch {
            // The coordinator finds out by itself when the session ends.
            logger.debug("the group was not told of leaving", metadata: ["reason": error.description])
        }
    }
}
