import Bytes

/// All groups of this broker.
///
/// A plain value: what clients ask comes in with the time and a ticket, and the answers come out of `takeEffects`,
/// some of them later. Nothing here waits, reads a clock or knows of sockets. Times are milliseconds.
struct GroupCoordinator {
    let settings: GroupSettings
    private(set) var groups: [String: Group] = [:]
    private var effects: [GroupEffect] = []
    /// What all groups have together.
    private var places = 0
    private var bytes = 0
    /// Makes the part of a member's id that no other has.
    private let makeID: () -> String

    init(settings: GroupSettings = GroupSettings(), makeID: @escaping () -> String) {
        self.settings = settings
        self.makeID = makeID
    }

    /// The answers that have become due.
    mutating func takeEffects() -> [GroupEffect] {
        defer { effects = [] }
        return effects
    }

    /// Changes a group in place, and takes the answers that come of it.
    private mutating func with<Result, Failure: Error>(
        _ id: String, _ body: (inout Group) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard var group = groups[id] else { return nil }
        groups[id] = nil
        defer {
            effects += group.effects
            group.effects = []
            groups[id] = group.isWorthless ? nil : group
        }
        return try body(&group)
    }

    /// The same, where members may come, go, or say something else of themselves.
    private mutating func withMembers<Result, Failure: Error>(
        of id: String, _ body: (inout Group) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        count(id, -1)
        defer { count(id, 1) }
        return try with(id, body)
    }

    private mutating func count(_ id: String, _ sign: Int) {
        guard let group = groups[id], !group.isWorthless else { return }
        places += sign * group.places
        bytes += sign * group.bytes
    }

    // MARK: Membership

    /// JoinGroup: the answer comes as an effect once the next generation begins, or at once where it is refused.
    mutating func join(_ join: GroupJoin, ticket: GroupTicket, now: Int64) {
        do throws(GroupJoinRefusal) {
            guard !join.groupID.isEmpty else { throw GroupJoinRefusal(error: .invalidGroupID, memberID: join.memberID) }
            guard settings.sessionTimeouts.contains(join.sessionTimeout) else {
                throw GroupJoinRefusal(error: .invalidSessionTimeout, memberID: join.memberID)
            }
            try checkRoom(for: join)
            if groups[join.groupID] == nil {
                guard join.memberID.isEmpty else {
                    throw GroupJoinRefusal(error: .unknownMemberID, memberID: join.memberID)
                }
                guard groups.count < settings.maxGroups else {
                    throw GroupJoinRefusal(error: .coordinatorNotAvailable, memberID: "")
                }
                groups[join.groupID] = Group(id: join.groupID)
            }
            let settings = self.settings
            let newID = "\(join.instanceID ?? join.clientID)-\(makeID())"
            try withMembers(of: join.groupID) { group throws(GroupJoinRefusal) in
                if join.memberID.isEmpty {
                    try group.joinNew(join, newID: newID, ticket: ticket, now: now, settings: settings)
                } else {
                    try group.joinKnown(join, ticket: ticket, now: now, settings: settings)
                }
            }
        } catch {
            effects.append(.joined(ticket, .failure(error)))
        }
    }

    private func checkRoom(for join: GroupJoin) throws(GroupJoinRefusal) {
        let known = groups[join.groupID]?.members[join.memberID]
        let more = GroupJoin.bytes(
            id: join.memberID, instanceID: join.instanceID, clientID: join.clientID, protocols: join.protocols)
        guard !join.memberID.isEmpty || places < settings.maxMembersInAll,
            bytes - (known?.bytes ?? 0) + more <= settings.maxBytes
        else { throw GroupJoinRefusal(error: .groupMaxSizeReached, memberID: join.memberID) }
    }

    /// SyncGroup: the answer comes as an effect once the leader has shared out.
    mutating func sync(
        _ groupID: String, _ memberID: String, instanceID: String?, generation: Int32, protocolType: String?,
        protocolName: String?, assignments: [String: ByteSlice], ticket: GroupTicket, now: Int64
    ) {
        do throws(GroupError) {
            let more = assignments.values.reduce(0) { $0 + $1.count }
            guard bytes + more <= settings.maxBytes else { throw .groupMaxSizeReached }
            let known: Void? = try withMembers(of: groupID) { group throws(GroupError) in
                try group.sync(
                    memberID, instanceID: instanceID, generation: generation, protocolType: protocolType,
                    protocolName: protocolName, assignments: assignments, ticket: ticket, now: now)
            }
            if known == nil { throw .unknownMemberID }
        } catch {
            effects.append(.synced(ticket, .failure(error)))
        }
    }

    mutating func heartbeat(
        _ groupID: String, _ memberID: String, instanceID: String?, generation: Int32, now: Int64
    ) throws(GroupError) {
        let known: Void? = try with(groupID) { group throws(GroupError) in
            try group.heartbeat(memberID, instanceID: instanceID, generation: generation, now: now)
        }
        if known == nil { throw .unknownMemberID }
    }

    /// LeaveGroup, of one member.
    ///
    /// - Returns: The id of the member that left.
    mutating func leave(
        _ groupID: String, _ memberID: String, instanceID: String?, now: Int64
    ) throws(GroupError) -> String {
        let settings = self.settings
        let left = try withMembers(of: groupID) { group throws(GroupError) in
            try group.leave(memberID, instanceID: instanceID, now: now, settings: settings)
        }
        guard let left else { throw .unknownMemberID }
        return left
    }

    /// OffsetCommit: whether it is in order. A group without members takes anybody's offsets.
    mutating func checkCommit(
        _ groupID: String, _ memberID: String, instanceID: String?, generation: Int32, now: Int64
    ) throws(GroupError) {
        let known: Void? = try with(groupID) { group throws(GroupError) in
            try group.checkCommit(memberID, instanceID: instanceID, generation: generation, now: now)
        }
        if known == nil, generation >= 0 { throw .illegalGeneration }
    }

    // MARK: Time

    /// Does what is due.
    mutating func advance(to now: Int64) {
        for (id, group) in groups where (group.nextDeadline ?? .max) <= now {
            let settings = self.settings
            _ = withMembers(of: id) { $0.advance(to: now, settings: settings) }
        }
    }

    /// When something is next due.
    var nextDeadline: Int64? { groups.values.compactMap(\.nextDeadline).min() }

    /// The broker ends: whoever waits is told to look for the coordinator again.
    mutating func shutDown() {
        for id in groups.keys {
            _ = with(id) { group in
                for member in group.order {
                    group.answerJoin(
                        member, .failure(GroupJoinRefusal(error: .coordinatorNotAvailable, memberID: member)))
                    group.answerSync(member, .failure(.coordinatorNotAvailable), now: 0)
                }
            }
        }
    }
}
