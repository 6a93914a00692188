import Bytes

extension Group {
    // MARK: JoinGroup

    /// A member without an id.
    mutating func joinNew(
        _ join: GroupJoin, newID: String, ticket: GroupTicket, now: Int64, settings: GroupSettings
    ) throws(GroupJoinRefusal) {
        guard supports(join.protocolType, join.protocols) else {
            throw GroupJoinRefusal(error: .inconsistentGroupProtocol, memberID: "")
        }
        if let instanceID = join.instanceID {
            if let oldID = staticMembers[instanceID] {
                return replaceStatic(oldID, by: newID, join, ticket: ticket, now: now, settings: settings)
            }
        } else if join.requiresKnownMember {
            guard members.count + pendingMembers.count < settings.maxMembers else {
                throw GroupJoinRefusal(error: .groupMaxSizeReached, memberID: "")
            }
            pendingMembers[newID] = now + join.sessionTimeout
            throw GroupJoinRefusal(error: .memberIDRequired, memberID: newID)
        }
        guard members.count < settings.maxMembers else {
            throw GroupJoinRefusal(error: .groupMaxSizeReached, memberID: "")
        }
        add(newID, join, ticket: ticket, now: now, settings: settings)
    }

    /// A static member that came back (KIP-345): it takes its predecessor's place.
    private mutating func replaceStatic(
        _ oldID: String, by newID: String, _ join: GroupJoin, ticket: GroupTicket, now: Int64, settings: GroupSettings
    ) {
        let old = members[oldID]
        answerJoin(oldID, .failure(GroupJoinRefusal(error: .fencedInstanceID, memberID: oldID)))
        answerSync(oldID, .failure(.fencedInstanceID), now: now)
        let before = protocolName
        members[oldID] = nil
        var member = GroupMember(id: newID, join, deadline: now + join.sessionTimeout)
        member.isNew = old?.isNew ?? true
        member.hasSynced = old?.hasSynced ?? false
        member.assignment = old?.assignment ?? .empty
        member.joinTicket = ticket
        members[newID] = member
        order = order.map { $0 == oldID ? newID : $0 }
        if let instanceID = join.instanceID { staticMembers[instanceID] = newID }
        if leaderID == oldID { leaderID = newID }
        // In a stable group nothing changes if it still says the same: it goes on with the assignment that it had.
        if state == .stable, old?.protocols == join.protocols, before == protocolName {
            answerJoin(newID, .success(joined(newID)))
            heard(newID, now: now)
        } else {
            prepareRebalance(now: now, settings: settings)
        }
    }

    /// A member that has an id.
    mutating func joinKnown(
        _ join: GroupJoin, ticket: GroupTicket, now: Int64, settings: GroupSettings
    ) throws(GroupJoinRefusal) {
        guard supports(join.protocolType, join.protocols) else {
            throw GroupJoinRefusal(error: .inconsistentGroupProtocol, memberID: join.memberID)
        }
        if pendingMembers[join.memberID] != nil {
            return add(join.memberID, join, ticket: ticket, now: now, settings: settings)
        }
        do {
            try check(join.memberID, instanceID: join.instanceID)
        } catch {
            throw GroupJoinRefusal(error: error, memberID: join.memberID)
        }
        let saysTheSame = members[join.memberID]?.protocols == join.protocols
        switch state {
        case .preparingRebalance:
            rejoin(join.memberID, join, ticket: ticket, now: now, settings: settings)
        case .completingRebalance where saysTheSame, .stable where saysTheSame && join.memberID != leaderID:
            // Its answer was lost: it is told again.
            answerJoin(join.memberID, .failure(GroupJoinRefusal(error: .unknownMemberID, memberID: join.memberID)))
            members[join.memberID]?.joinTicket = ticket
            answerJoin(join.memberID, .success(joined(join.memberID)))
            heard(join.memberID, now: now)
        case .completingRebalance, .stable:
            rejoin(join.memberID, join, ticket: ticket, now: now, settings: settings)
        case .empty, .dead:
            throw GroupJoinRefusal(error: .unknownMemberID, memberID: join.memberID)
        }
    }

    // MARK: SyncGroup

    mutating func sync(
        _ memberID: String, instanceID: String?, generation: Int32, protocolType: String?, protocolName: String?,
        assignments: [String: ByteSlice], ticket: GroupTicket, now: Int64
    ) throws(GroupError) {
        try check(memberID, instanceID: instanceID, generation: generation)
        if let protocolType, protocolType != self.protocolType { throw .inconsistentGroupProtocol }
        if let protocolName, protocolName != self.protocolName { throw .inconsistentGroupProtocol }
        switch state {
        case .empty, .dead: throw .unknownMemberID
        case .preparingRebalance: throw .rebalanceInProgress
        case .completingRebalance:
            answerSync(memberID, .failure(.rebalanceInProgress), now: now)
            members[memberID]?.syncTicket = ticket
            members[memberID]?.hasSynced = true
            guard memberID == leaderID else { return }
            for id in order {
                // Kept for long: in memory of its own, not in the request's.
                members[id]?.assignment = assignments[id]?.copied() ?? .empty
            }
            state = .stable
            for id in order { answerSync(id, .success(synced(id)), now: now) }
        case .stable:
            members[memberID]?.syncTicket = ticket
            members[memberID]?.hasSynced = true
            answerSync(memberID, .success(synced(memberID)), now: now)
        }
        if members.values.allSatisfy(\.hasSynced) { syncDeadline = nil }
    }

    // MARK: The rest

    mutating func heartbeat(_ memberID: String, instanceID: String?, generation: Int32, now: Int64) throws(GroupError) {
        guard state != .empty else { throw .unknownMemberID }
        try check(memberID, instanceID: instanceID, generation: generation)
        heard(memberID, now: now)
        if state == .preparingRebalance { throw .rebalanceInProgress }
    }

    mutating func leave(
        _ memberID: String, instanceID: String?, now: Int64, settings: GroupSettings
    ) throws(GroupError) -> String {
        var memberID = memberID
        if let instanceID, memberID.isEmpty {
            guard let known = staticMembers[instanceID] else { throw .unknownMemberID }
            memberID = known
        } else if pendingMembers.removeValue(forKey: memberID) != nil {
            completeJoinIfAllCame(now: now, settings: settings)
            return memberID
        }
        try check(memberID, instanceID: instanceID)
        remove(memberID, now: now, settings: settings)
        return memberID
    }

    /// Whether offsets may be committed so.
    mutating func checkCommit(
        _ memberID: String, instanceID: String?, generation: Int32, now: Int64
    ) throws(GroupError) {
        if generation < 0, state == .empty { return }
        guard generation >= 0 || !memberID.isEmpty || instanceID != nil else { throw .unknownMemberID }
        try check(memberID, instanceID: instanceID, generation: generation)
        // Before a rebalance is complete, what was done in the generation that ends may still be committed; after that,
        // nobody knows yet who owns what.
        if state == .completingRebalance { throw .rebalanceInProgress }
        heard(memberID, now: now)
    }
}
