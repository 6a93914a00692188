import Bytes

/// One group of the classic protocol: a state machine as Kafka's coordinator runs it (`ClassicGroup`,
/// `GroupMetadataManager`), with time as a value.
///
/// A plain value: calls and `advance` come in, effects go out.
struct Group {
    enum State: String {
        case empty = "Empty"
        case preparingRebalance = "PreparingRebalance"
        case completingRebalance = "CompletingRebalance"
        case stable = "Stable"
        case dead = "Dead"
    }

    let id: String
    var state = State.empty
    var generation: Int32 = 0
    var protocolType: String?
    var protocolName: String?
    var leaderID: String?
    /// In the order in which they came.
    var members: [String: GroupMember] = [:]
    var order: [String] = []
    /// Ids that were given out and have not come back yet, each with when it is forgotten.
    var pendingMembers: [String: Int64] = [:]
    var staticMembers: [String: String] = [:]
    /// Until when the rebalance waits for members.
    var joinDeadline: Int64?
    /// Until when members of the new generation may take to sync.
    var syncDeadline: Int64?
    /// What may be left of an empty group's patience: the delay is prolonged while newcomers come.
    var initialDelayLeft: Int64?
    var newcomerCame = false
    /// Answers to be given.
    var effects: [GroupEffect] = []

    init(id: String) { self.id = id }

    /// How many members there are, with the ids that were given out.
    var places: Int { members.count + pendingMembers.count }

    /// About how many bytes are kept.
    var bytes: Int {
        let members = members.values.reduce(256 + id.utf8.count) { $0 + $1.bytes }
        return pendingMembers.keys.reduce(members) { $0 + 64 + $1.utf8.count }
    }

    var isWorthless: Bool { state == .empty && members.isEmpty && pendingMembers.isEmpty }

    // MARK: Protocols

    /// Whether a member that can these protocols can take part.
    func supports(_ type: String, _ protocols: [GroupProtocol]) -> Bool {
        guard !type.isEmpty, !protocols.isEmpty else { return false }
        guard !members.isEmpty else { return true }
        return type == protocolType && protocols.contains { isCommon($0.name) }
    }

    private func isCommon(_ name: String) -> Bool {
        members.values.allSatisfy { $0.protocols.contains { $0.name == name } }
    }

    /// The protocol that all can and most prefer.
    private func selectedProtocol() -> String? {
        var votes: [String: Int] = [:]
        var first: [String] = []
        for member in order.compactMap({ members[$0] }) {
            guard let vote = member.protocols.first(where: { isCommon($0.name) })?.name else { continue }
            if votes[vote] == nil { first.append(vote) }
            votes[vote, default: 0] += 1
        }
        return first.max { votes[$0, default: 0] < votes[$1, default: 0] }
    }

    // MARK: Members

    func check(_ memberID: String, instanceID: String?) throws(GroupError) {
        if let instanceID {
            guard let known = staticMembers[instanceID] else { throw .unknownMemberID }
            guard known == memberID else { throw .fencedInstanceID }
        }
        guard members[memberID] != nil else { throw .unknownMemberID }
    }

    func check(_ memberID: String, instanceID: String?, generation: Int32) throws(GroupError) {
        try check(memberID, instanceID: instanceID)
        guard generation == self.generation else { throw .illegalGeneration }
    }

    mutating func add(_ memberID: String, _ join: GroupJoin, ticket: GroupTicket, now: Int64, settings: GroupSettings) {
        var member = GroupMember(id: memberID, join, deadline: now + settings.newMemberTimeout)
        member.joinTicket = ticket
        if members.isEmpty { protocolType = join.protocolType }
        members[memberID] = member
        order.append(memberID)
        pendingMembers[memberID] = nil
        if let instanceID = join.instanceID { staticMembers[instanceID] = memberID }
        if leaderID == nil { leaderID = memberID }
        if state == .preparingRebalance, initialDelayLeft != nil { newcomerCame = true }
        prepareRebalance(now: now, settings: settings)
    }

    mutating func rejoin(
        _ memberID: String, _ join: GroupJoin, ticket: GroupTicket, now: Int64, settings: GroupSettings
    ) {
        answerJoin(memberID, .failure(GroupJoinRefusal(error: .unknownMemberID, memberID: memberID)))
        members[memberID]?.update(join)
        members[memberID]?.joinTicket = ticket
        prepareRebalance(now: now, settings: settings)
    }

    mutating func remove(_ memberID: String, now: Int64, settings: GroupSettings) {
        answerJoin(memberID, .failure(GroupJoinRefusal(error: .unknownMemberID, memberID: "")))
        answerSync(memberID, .failure(.unknownMemberID), now: now)
        guard let member = members.removeValue(forKey: memberID) else { return }
        order.removeAll { $0 == memberID }
        if let instanceID = member.instanceID, staticMembers[instanceID] == memberID { staticMembers[instanceID] = nil }
        if leaderID == memberID { leaderID = order.first }
        switch state {
        case .stable, .completingRebalance: prepareRebalance(now: now, settings: settings)
        case .preparingRebalance: completeJoinIfAllCame(now: now, settings: settings)
        case .empty, .dead: break
        }
    }

    /// The member lives: its deadline moves.
    mutating func heard(_ memberID: String, now: Int64) {
        guard let timeout = members[memberID]?.sessionTimeout else { return }
        members[memberID]?.deadline = now + timeout
    }

    // MARK: Answers

    mutating func answerJoin(_ memberID: String, _ result: Result<GroupJoined, GroupJoinRefusal>) {
        guard let ticket = members[memberID]?.joinTicket else { return }
        members[memberID]?.joinTicket = nil
        effects.append(.joined(ticket, result))
    }

    mutating func answerSync(_ memberID: String, _ result: Result<GroupSynced, GroupError>, now: Int64) {
        guard let ticket = members[memberID]?.syncTicket else { return }
        members[memberID]?.syncTicket = nil
        heard(memberID, now: now)
        effects.append(.synced(ticket, result))
    }

    /// The current generation, as this member is told of it.
    func joined(_ memberID: String) -> GroupJoined {
        GroupJoined(
            generation: generation, protocolType: protocolType, protocolName: protocolName, leaderID: leaderID ?? "",
            memberID: memberID,
            members: memberID != leaderID
                ? []
                : order.compactMap { members[$0] }.map {
                    .init(memberID: $0.id, instanceID: $0.instanceID, metadata: $0.metadata(for: protocolName))
                })
    }

    func synced(_ memberID: String) -> GroupSynced {
        GroupSynced(
            protocolType: protocolType, protocolName: protocolName, assignment: members[memberID]?.assignment ?? .empty)
    }

    // MARK: Rebalancing

    mutating func prepareRebalance(now: Int64, settings: GroupSettings) {
        switch state {
        case .dead: return
        case .preparingRebalance: break
        case .empty:
            // The first members of a group often come together: waiting a little saves them a rebalance each.
            let delay = min(settings.initialRebalanceDelay, rebalanceTimeout)
            joinDeadline = now + delay
            initialDelayLeft = max(rebalanceTimeout - delay, 0)
            newcomerCame = false
            state = .preparingRebalance
        case .completingRebalance, .stable:
            for memberID in order {
                members[memberID]?.assignment = .empty
                answerSync(memberID, .failure(.rebalanceInProgress), now: now)
            }
            joinDeadline = now + rebalanceTimeout
            syncDeadline = nil
            state = .preparingRebalance
        }
        completeJoinIfAllCame(now: now, settings: settings)
    }

    private var rebalanceTimeout: Int64 { members.values.map(\.rebalanceTimeout).max() ?? 0 }

    mutating func completeJoinIfAllCame(now: Int64, settings: GroupSettings) {
        guard state == .preparingRebalance, initialDelayLeft == nil || settings.initialRebalanceDelay == 0,
            pendingMembers.isEmpty, members.values.allSatisfy({ $0.joinTicket != nil })
        else { return }
        completeJoin(now: now, settings: settings)
    }

    /// Begins the next generation with those who came.
    private mutating func completeJoin(now: Int64, settings: GroupSettings) {
        initialDelayLeft = nil
        let absent = order.filter { members[$0]?.joinTicket == nil }
        for memberID in absent where members[memberID]?.instanceID == nil {
            members[memberID] = nil
            order.removeAll { $0 == memberID }
        }
        // Static members keep their place; a leader who is not there cannot share out, one who is takes over.
        if leaderID.map({ members[$0]?.joinTicket == nil }) ?? true {
            leaderID = order.first { members[$0]?.joinTicket != nil }
        }
        guard members.isEmpty || leaderID != nil else {
            leaderID = order.first
            joinDeadline = now + rebalanceTimeout
            return
        }
        joinDeadline = nil
        generation = generation == .max ? 1 : generation + 1
        guard !members.isEmpty else {
            state = .empty
            protocolName = nil
            protocolType = nil
            leaderID = nil
            return
        }
        protocolName = selectedProtocol()
        state = .completingRebalance
        syncDeadline = now + rebalanceTimeout
        for memberID in order {
            answerJoin(memberID, .success(joined(memberID)))
            members[memberID]?.isNew = false
            members[memberID]?.hasSynced = false
            heard(memberID, now: now)
        }
    }

    // MARK: Time

    /// Does what is due.
    mutating func advance(to now: Int64, settings: GroupSettings) {
        let forgotten = pendingMembers.filter { $0.value <= now }
        if !forgotten.isEmpty {
            for id in forgotten.keys { pendingMembers[id] = nil }
            completeJoinIfAllCame(now: now, settings: settings)
        }
        for member in order.compactMap({ members[$0] }) where member.isTimed && member.deadline <= now {
            remove(member.id, now: now, settings: settings)
        }
        if let deadline = joinDeadline, deadline <= now {
            if let left = initialDelayLeft, left > 0, newcomerCame {
                let delay = min(settings.initialRebalanceDelay, left)
                joinDeadline = now + delay
                initialDelayLeft = left - delay
                newcomerCame = false
            } else {
                completeJoin(now: now, settings: settings)
            }
        }
        if let deadline = syncDeadline, deadline <= now {
            syncDeadline = nil
            guard state == .completingRebalance || state == .stable else { return }
            for member in order.compactMap({ members[$0] }) where !member.hasSynced {
                remove(member.id, now: now, settings: settings)
            }
        }
    }

    /// When something is next due.
    var nextDeadline: Int64? {
        var next = [joinDeadline, syncDeadline].compactMap { $0 }.min() ?? .max
        for member in members.values where member.isTimed { next = min(next, member.deadline) }
        for deadline in pendingMembers.values { next = min(next, deadline) }
        return next == .max ? nil : next
    }
}
