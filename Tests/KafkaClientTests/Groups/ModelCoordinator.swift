import Transport

@testable import KafkaClient
@testable import KafkaProtocol

/// A group's coordinator as small as it can be: what Kafka's does with JoinGroup, SyncGroup, Heartbeat and LeaveGroup of
/// one group, with time as a value.
struct ModelCoordinator {
    enum State { case empty, preparing, completing, stable }

    /// Whoever waits for an answer.
    typealias Waiter = Int

    enum Answer: Equatable {
        case joined(KafkaErrorCode, GroupMembership.Joined)
        case synced(KafkaErrorCode, [TopicPartition])
    }

    private struct Member {
        var deadline: Deadline
        var joining: Waiter?
        var syncing: Waiter?
        /// What it told when it joined last.
        var claim: GroupMembership.Claim
    }

    let settings: GroupMembership.Settings
    private(set) var state = State.empty
    private(set) var generation: Int32 = 0
    private var members: [String: Member] = [:]
    private var order: [String] = []
    private var pending: [String: Deadline] = [:]
    private var leader: String?
    private var assigned: [String: [TopicPartition]] = [:]
    private var joinDeadline = Deadline.never
    private var nextID = 0
    private var answers: [(Waiter, Answer)] = []
    /// Members that said that they leave.
    private(set) var left: Set<String> = []

    init(_ settings: GroupMembership.Settings) { self.settings = settings }

    var memberIDs: Set<String> { Set(members.keys).union(pending.keys) }

    mutating func takeAnswers() -> [(Waiter, Answer)] {
        defer { answers = [] }
        return answers
    }

    /// The broker's process ends and comes back: groups are forgotten, ids are not given out twice.
    mutating func restart() {
        let next = nextID
        self = ModelCoordinator(settings)
        nextID = next
    }

    mutating func join(_ id: String, _ claim: GroupMembership.Claim, _ waiter: Waiter, at now: Deadline) {
        func refuse(_ code: KafkaErrorCode, _ id: String) -> Answer {
            .joined(code, GroupMembership.Joined(memberID: id, generation: -1, leader: "", protocolName: nil))
        }
        if id.isEmpty {
            nextID += 1
            pending["member \(nextID)"] = now + settings.sessionTimeout
            answers.append((waiter, refuse(.memberIDRequired, "member \(nextID)")))
        } else if pending.removeValue(forKey: id) != nil {
            members[id] = Member(deadline: now + settings.sessionTimeout, joining: waiter, claim: claim)
            order.append(id)
            prepare(now)
        } else if let member = members[id] {
            if let old = member.joining { answers.append((old, refuse(.unknownMemberID, id))) }
            members[id]?.joining = waiter
            members[id]?.claim = claim
            prepare(now)
        } else {
            answers.append((waiter, refuse(.unknownMemberID, id)))
        }
    }

    mutating func sync(
        _ identity: GroupMembership.Identity, _ assignments: [String: [TopicPartition]], _ waiter: Waiter,
        at now: Deadline
    ) {
        if let code = refusal(identity) { return answers.append((waiter, .synced(code, []))) }
        let id = identity.memberID
        members[id]?.deadline = now + settings.sessionTimeout
        switch state {
        case .empty, .preparing:
            answers.append((waiter, .synced(.rebalanceInProgress, [])))
        case .stable:
            answers.append((waiter, .synced(.none, assigned[id] ?? [])))
        case .completing:
            members[id]?.syncing = waiter
            guard id == leader else { return }
            assigned = assignments
            state = .stable
            answerSyncs(.none, now)
        }
    }

    mutating func heartbeat(_ identity: GroupMembership.Identity, at now: Deadline) -> KafkaErrorCode {
        if let code = refusal(identity) { return code }
        members[identity.memberID]?.deadline = now + settings.sessionTimeout
        return state == .preparing ? .rebalanceInProgress : .none
    }

    mutating func leave(_ id: String, at now: Deadline) -> KafkaErrorCode {
        if pending.removeValue(forKey: id) != nil {
            left.insert(id)
            completeIfAllCame(now)
            return .none
        }
        guard members[id] != nil else { return .unknownMemberID }
        left.insert(id)
        remove(id, now)
        return .none
    }

    private func refusal(_ identity: GroupMembership.Identity) -> KafkaErrorCode? {
        guard members[identity.memberID] != nil else { return .unknownMemberID }
        return identity.generation == generation ? nil : .illegalGeneration
    }

    // MARK: Rebalancing

    private mutating func prepare(_ now: Deadline) {
        if state != .preparing {
            answerSyncs(.rebalanceInProgress, now)
            joinDeadline = now + settings.rebalanceTimeout
            state = .preparing
        }
        completeIfAllCame(now)
    }

    private mutating func completeIfAllCame(_ now: Deadline) {
        guard state == .preparing, pending.isEmpty, members.values.allSatisfy({ $0.joining != nil }) else { return }
        complete(now)
    }

    private mutating func complete(_ now: Deadline) {
        for id in order where members[id]?.joining == nil { members[id] = nil }
        order.removeAll { members[$0] == nil }
        joinDeadline = .never
        generation += 1
        assigned = [:]
        state = members.isEmpty ? .empty : .completing
        if leader.map({ members[$0] == nil }) ?? true { leader = order.first }
        for id in order {
            guard let waiter = members[id]?.joining else { continue }
            members[id]?.joining = nil
            members[id]?.deadline = now + settings.sessionTimeout
            let everybody = order.map { id in
                let claim = members[id]?.claim ?? GroupMembership.Claim()
                return GroupMember(
                    id: id, topics: ["t"], ownedPartitions: claim.owned, generation: claim.generation)
            }
            let joined = GroupMembership.Joined(
                memberID: id, generation: generation, leader: leader ?? "", protocolName: "range",
                members: id == leader ? everybody : [])
            answers.append((waiter, .joined(.none, joined)))
        }
    }

    private mutating func answerSyncs(_ code: KafkaErrorCode, _ now: Deadline) {
        for id in order {
            guard let waiter = members[id]?.syncing else { continue }
            members[id]?.syncing = nil
            members[id]?.deadline = now + settings.sessionTimeout
            answers.append((waiter, .synced(code, code == .none ? assigned[id] ?? [] : [])))
        }
    }

    private mutating func remove(_ id: String, _ now: Deadline) {
        let nobody = GroupMembership.Joined(memberID: "", generation: -1, leader: "", protocolName: nil)
        if let waiter = members[id]?.joining { answers.append((waiter, .joined(.unknownMemberID, nobody))) }
        if let waiter = members[id]?.syncing { answers.append((waiter, .synced(.unknownMemberID, []))) }
        members[id] = nil
        order.removeAll { $0 == id }
        if members.isEmpty, pending.isEmpty {
            state = .empty
            joinDeadline = .never
        } else if state == .preparing {
            completeIfAllCame(now)
        } else {
            prepare(now)
        }
    }

    // MARK: Time

    var nextDeadline: Deadline {
        var next = min(joinDeadline, pending.values.min() ?? .never)
        for member in members.values where member.joining == nil && member.syncing == nil {
            next = min(next, member.deadline)
        }
        return next
    }

    mutating func advance(to now: Deadline) {
        for (id, deadline) in pending where deadline <= now {
            pending[id] = nil
            completeIfAllCame(now)
        }
        for id in order {
            guard let member = members[id], member.joining == nil, member.syncing == nil, member.deadline <= now else {
                continue
            }
            remove(id, now)
        }
        if joinDeadline <= now { complete(now) }
    }
}
