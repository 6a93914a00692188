import KafkaProtocol
import Transport

/// What happens to a member.
extension GroupMembership {
    // MARK: The owner

    /// The owner closes the consumer.
    mutating func close(at now: Deadline) {
        end(nil, at: now)
        advance(to: now)
    }

    /// Something failed for good: what is owned is given back, the group is left, and the member ends with `error`.
    mutating func fail(_ error: KafkaError, at now: Deadline) {
        end(error, at: now)
        advance(to: now)
    }

    /// The leader sees that what it has shared out is no longer all there is.
    mutating func partitionCountsChanged(at now: Deadline) {
        guard phase == .stable, isLeader else { return }
        mustRejoin = true
        advance(to: now)
    }

    // MARK: Joining

    /// JoinGroup was answered.
    mutating func joined(_ ticket: Ticket, _ code: KafkaErrorCode, _ answer: Joined, at now: Deadline) {
        guard phase == .joining(ticket) else { return }
        switch code {
        case .none where !answer.memberID.isEmpty && answer.generation >= 0:
            memberID = answer.memberID
            joinedGeneration = answer.generation
            // What is lost is not had again by joining.
            if !isLost { generation = answer.generation }
            holdUntil = now + settings.sessionTimeout
            protocolName = answer.protocolName
            isLeader = answer.leader == memberID
            let next = newTicket()
            phase = .syncing(next)
            if stop == nil {
                let identity = Identity(memberID: memberID, generation: joinedGeneration)
                act(.sync(next, identity, protocolName: protocolName, leading: isLeader ? answer.members : nil))
            }
        case .none:
            lastFailure = KafkaError(.malformedResponse, "the coordinator named no member or no generation")
            joinAgain(now, atOnce: false)
        case .memberIDRequired:
            // Since version 4 the first answer only names the member (KIP-394).
            memberID = answer.memberID
            joinAgain(now, atOnce: true)
        case .unknownMemberID:
            memberID = ""
            lose()
            joinAgain(now, atOnce: true)
        default:
            refused(code, now)
        }
        advance(to: now)
    }

    /// SyncGroup was answered.
    mutating func synced(_ ticket: Ticket, _ code: KafkaErrorCode, _ assigned: [TopicPartition], at now: Deadline) {
        guard phase == .syncing(ticket) else { return }
        switch code {
        case .none:
            phase = .stable
            joins.succeeded()
            failures.succeeded()
            lastFailure = nil
            mustRejoin = false
            generation = joinedGeneration
            let claimed = lastClaim.owned
            lastClaim = Claim(assigned: assigned, generation: generation)
            revokeBy = .never
            take(assigned, insteadOf: claimed, now)
            heardAt = now
            settledAt = now
            heartbeatAt = now + settings.heartbeatInterval
        case .rebalanceInProgress:
            joinAgain(now, atOnce: true)
        case .illegalGeneration:
            lose()
            joinAgain(now, atOnce: true)
        case .unknownMemberID:
            memberID = ""
            lose()
            joinAgain(now, atOnce: true)
        default:
            refused(code, now)
        }
        advance(to: now)
    }

    /// The assignment of a new generation.
    private mutating func take(_ assigned: [TopicPartition], insteadOf claimed: [TopicPartition], _ now: Deadline) {
        guard settings.isCooperative else {
            partitions = assigned
            isTold = false
            assignment = .unprepared(retryAt: now)
            return
        }
        let all = Set(assigned)
        let had = Set(held)
        let going = held.filter { !all.contains($0) }
        held.removeAll { !all.contains($0) }
        coming = assigned.filter { !had.contains($0) }
        // Nobody gets what this member told that it has, were it lost meanwhile, before it joins without it.
        rejoinsAfter = !all.isSuperset(of: claimed)
        // What is still being given back at this moment is so because the member ends, or has lost it all.
        guard assignment == .none, !going.isEmpty else { return }
        partitions = going
        isTold = true
        beginRevoking(now)
    }

    /// JoinGroup or SyncGroup got no answer. That a connection was closed says nothing of the owner's wish, which comes
    /// as `close`.
    mutating func requestFailed(_ ticket: Ticket, _ error: KafkaError, at now: Deadline) {
        guard phase == .joining(ticket) || phase == .syncing(ticket) else { return }
        if !Self.mayPass(error) { end(error, at: now) }
        lastFailure = error
        joinAgain(now, atOnce: false)
        advance(to: now)
    }

    private static func mayPass(_ error: KafkaError) -> Bool {
        error.isRetriable || error.code == .closed || error.code == .cancelled
    }

    private mutating func refused(_ code: KafkaErrorCode, _ now: Deadline) {
        let error = KafkaError(server: code, "the group does not take this member")
        switch code {
        case .notCoordinator, .coordinatorNotAvailable: act(.forgetCoordinator)
        default: if !code.isRetriable { end(error, at: now) }
        }
        lastFailure = error
        joinAgain(now, atOnce: false)
    }

    // MARK: Being a member

    /// A heartbeat was answered. Answers may be late: each tells that the coordinator heard from the member after that
    /// heartbeat was sent.
    mutating func answered(_ heartbeat: Heartbeat, _ code: KafkaErrorCode, at now: Deadline) {
        guard phase == .stable, heartbeat.identity == identity else { return }
        switch code {
        case .none:
            failures.succeeded()
            heardAt = max(heardAt, heartbeat.sentAt)
            settledAt = max(settledAt, heartbeat.sentAt)
        case .rebalanceInProgress:
            failures.succeeded()
            heardAt = max(heardAt, heartbeat.sentAt)
            groupRebalances()
        default:
            disowned(code, now)
        }
        advance(to: now)
    }

    /// A heartbeat was not answered: the next one goes out sooner.
    mutating func unanswered(_ heartbeat: Heartbeat, at now: Deadline) {
        guard phase == .stable, heartbeat.identity == identity else { return }
        heartbeatAgain(now)
        advance(to: now)
    }

    /// A commit was answered.
    mutating func committed(as identity: Identity, _ code: KafkaErrorCode, at now: Deadline) {
        guard phase == .stable, identity == self.identity else { return }
        switch code {
        case .rebalanceInProgress: groupRebalances()
        case .unknownMemberID, .illegalGeneration, .fencedInstanceID, .notCoordinator, .coordinatorNotAvailable:
            disowned(code, now)
        // Anything else is about the offsets, and for whoever commits.
        default: break
        }
        advance(to: now)
    }

    /// The coordinator waits from some time after `settledAt` on, for as long as a rebalance may take.
    private mutating func groupRebalances() {
        mustRejoin = true
        revokeBy = min(revokeBy, settledAt + settings.rebalanceTimeout)
    }

    private mutating func disowned(_ code: KafkaErrorCode, _ now: Deadline) {
        switch code {
        case .unknownMemberID:
            memberID = ""
            lose()
        case .illegalGeneration:
            lose()
        case .notCoordinator, .coordinatorNotAvailable:
            act(.forgetCoordinator)
            heartbeatAgain(now)
        default:
            if code.isRetriable { return heartbeatAgain(now) }
            end(KafkaError(server: code, "the group does not keep this member"), at: now)
            lose()
        }
    }

    private mutating func heartbeatAgain(_ now: Deadline) {
        heartbeatAt = min(heartbeatAt, now + failures.failed())
    }

    // MARK: The assignment

    /// It is known where to begin, and the listener was told.
    mutating func prepared(_ ticket: Ticket, at now: Deadline) {
        guard assignment == .preparing(ticket) else { return }
        lastFailure = nil
        if settings.isCooperative {
            held += partitions
            endAssignment()
            if !isLost, stop == nil { act(.read) }
        } else {
            isTold = true
            assignment = .reading
            if !mustStop { act(.read) }
        }
        advance(to: now)
    }

    /// It could not be learnt where to begin; the listener knows nothing.
    mutating func notPrepared(_ ticket: Ticket, _ error: KafkaError, at now: Deadline) {
        guard assignment == .preparing(ticket) else { return }
        if mustStop || rejoinsAfter {
            endAssignment()
        } else if Self.mayPass(error) {
            lastFailure = error
            assignment = .unprepared(retryAt: now + failures.failed())
        } else {
            end(error, at: now)
            endAssignment()
        }
        advance(to: now)
    }

    /// The listener has finished and committed, or was cancelled while it did.
    mutating func revoked(_ ticket: Ticket, at now: Deadline) {
        switch assignment {
        case .revoking(ticket) where !isLost: gaveBack(at: now)
        case .revoking(ticket), .ending(ticket): beginLosing()
        default: return
        }
        advance(to: now)
    }

    /// The listener knows that the partitions are lost.
    mutating func lost(_ ticket: Ticket, at now: Deadline) {
        guard assignment == .losing(ticket) else { return }
        gaveBack(at: now)
        advance(to: now)
    }

    // MARK: Leaving

    /// LeaveGroup was answered.
    mutating func left(_ ticket: Ticket, _ code: KafkaErrorCode, at now: Deadline) {
        guard case .leaving(ticket, _, let until) = phase else { return }
        if code == .notCoordinator || code == .coordinatorNotAvailable { act(.forgetCoordinator) }
        if code.isRetriable { leaveAgain(until, now) } else { phase = .ended }
        advance(to: now)
    }

    /// LeaveGroup was not answered.
    mutating func notLeft(_ ticket: Ticket, _ error: KafkaError, at now: Deadline) {
        guard case .leaving(ticket, _, let until) = phase else { return }
        if Self.mayPass(error) { leaveAgain(until, now) } else { phase = .ended }
        advance(to: now)
    }

    private mutating func leaveAgain(_ until: Deadline, _ now: Deadline) {
        phase = .leaving(nil, retryAt: now + failures.failed(), until: until)
    }
}
