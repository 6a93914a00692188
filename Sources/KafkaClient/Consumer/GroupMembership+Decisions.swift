import KafkaProtocol
import Transport

/// What follows from the state and the time. Each event changes what is known, and then asks for this.
extension GroupMembership {
    /// Does what is due.
    mutating func advance(to now: Deadline) {
        if phase == .stable, !isLost, sessionEnd <= now { lose() }
        if case .revoking = assignment, !isLost, revokeBy <= now { lose() }
        if holdsApart, holdUntil <= now { lose() }
        advanceAssignment(now)
        advancePhase(now)
        if phase == .stable, !isLost, heartbeatAt <= now {
            heartbeatAt = now + settings.heartbeatInterval
            act(.heartbeat(Heartbeat(identity: identity, sentAt: now)))
        }
        apartSince = isMember ? nil : apartSince ?? now
    }

    private mutating func advanceAssignment(_ now: Deadline) {
        if isLost, !held.isEmpty, assignment != .none {
            act(.stop(held))
            lostMeanwhile += held
            held = []
        }
        switch assignment {
        case .ending, .losing:
            break
        case .none:
            if settings.isCooperative { advanceHeld(now) }
        case .unprepared(let retryAt):
            if mustStop {
                endAssignment()
            } else if retryAt <= now {
                let ticket = newTicket()
                assignment = .preparing(ticket)
                act(.prepare(ticket, partitions))
            }
        case .preparing(let ticket):
            // A cooperative member may keep it.
            if settings.isCooperative ? isLost || stop != nil : mustStop { cancel(ticket) }
        case .reading:
            if isLost { beginLosing() } else if mustStop { beginRevoking(now) }
        case .revoking(let ticket):
            if isLost {
                assignment = .ending(ticket)
                cancel(ticket)
            }
        }
    }

    /// What a cooperative member does where nothing comes or goes.
    private mutating func advanceHeld(_ now: Deadline) {
        if !lostMeanwhile.isEmpty || isLost && !held.isEmpty {
            partitions = told
            held = []
            lostMeanwhile = []
            isTold = true
            beginLosing()
        } else if stop != nil, !held.isEmpty {
            partitions = held
            held = []
            isTold = true
            beginRevoking(now)
        } else if !coming.isEmpty {
            if !mustStop {
                partitions = coming
                assignment = .unprepared(retryAt: now)
            }
            coming = []
            advanceAssignment(now)
        } else if rejoinsAfter {
            rejoinsAfter = false
            if phase == .stable { mustRejoin = true }
        }
    }

    private mutating func advancePhase(_ now: Deadline) {
        switch phase {
        case .stable:
            guard assignment == .none else { return }
            if stop != nil {
                leave(now, until: now + settings.leaveTimeout)
            } else if !settings.isCooperative || mustStop {
                phase = .waiting(until: now)
                holdUntil = min(revokeBy, now + settings.rebalanceTimeout)
                advancePhase(now)
            }
        case .waiting(let until):
            if let stop {
                if !hasAny { leave(now, until: stop.until) }
            } else if until <= now {
                let ticket = newTicket()
                if held.isEmpty { generation = -1 }
                isLeader = false
                phase = .joining(ticket)
                lastClaim.owned = held
                act(.join(ticket, memberID: memberID))
            }
        case .joining(let ticket):
            guard let stop else { return }
            // The first answer names the member: a group that has named one waits for it until it leaves.
            if memberID.isEmpty, !settings.isStatic, now < stop.until { return }
            cancel(ticket)
            if !hasAny { leave(now, until: stop.until) }
        case .syncing(let ticket):
            guard let stop else { return }
            cancel(ticket)
            if !hasAny { leave(now, until: stop.until) }
        case .leaving(let ticket, let retryAt, let until):
            if until <= now {
                if let ticket { cancel(ticket) }
                phase = .ended
            } else if ticket == nil, retryAt <= now {
                sendLeave(until: until)
            }
        case .ended:
            break
        }
    }

    private mutating func leave(_ now: Deadline, until: Deadline) {
        generation = -1
        isLeader = false
        guard !memberID.isEmpty, !settings.isStatic, now < until else {
            phase = .ended
            return
        }
        sendLeave(until: until)
    }

    private mutating func sendLeave(until: Deadline) {
        let ticket = newTicket()
        phase = .leaving(ticket, retryAt: until, until: until)
        act(.leave(ticket, memberID: memberID, by: until))
    }

    // MARK: The assignment's end

    /// The partitions belong to others: nothing of them can be committed any more.
    mutating func lose() {
        generation = -1
        if phase == .stable { isLeader = false }
    }

    mutating func beginRevoking(_ now: Deadline) {
        let ticket = newTicket()
        assignment = .revoking(ticket)
        revokeBy = min(revokeBy, now + settings.rebalanceTimeout)
        act(.revoke(ticket, partitions))
    }

    mutating func beginLosing() {
        let ticket = newTicket()
        assignment = .losing(ticket)
        act(.lose(ticket, partitions))
    }

    mutating func endAssignment() {
        assignment = .none
        partitions = []
        isTold = false
    }

    /// What was owned when the member began to stop is given back: from now on only leaving takes time.
    mutating func gaveBack(at now: Deadline) {
        endAssignment()
        if phase != .stable { stop?.until = now + settings.leaveTimeout }
    }

    // MARK: Attempts

    /// Joins again: at once where that is the protocol's usual way, with a wait where it goes on like that.
    mutating func joinAgain(_ now: Deadline, atOnce: Bool) {
        let wait = joins.failed()
        phase = .waiting(until: atOnce && joins.failures <= 2 ? now : now + wait)
    }

    /// The first reason to end is the one that counts.
    mutating func end(_ failure: KafkaError?, at now: Deadline) {
        guard stop == nil else { return }
        stop = Stop(failure: failure, until: now + settings.leaveTimeout)
    }
}
