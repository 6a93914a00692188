import KafkaProtocol
import Testing
import Transport

@testable import KafkaClient

private typealias Membership = GroupMembership

private let start = Deadline.now
private func at(_ seconds: Double) -> Deadline { start + .milliseconds(Int(seconds * 1_000)) }

private let settings = Membership.Settings(
    sessionTimeout: .seconds(10), heartbeatInterval: .seconds(3), rebalanceTimeout: .seconds(30),
    backoff: Backoff(first: .milliseconds(100), limit: .seconds(1), jitter: .proportional(0)))

private let shares = [TopicPartition("t", 0), TopicPartition("t", 1)]

/// A member that has just asked to join, with the request's ticket.
private func joining(_ settings: Membership.Settings = settings) -> (Membership, Membership.Ticket) {
    var member = Membership(settings, at: at(0))
    member.advance(to: at(0))
    guard case .joining(let ticket) = member.phase else { return (member, -1) }
    #expect(member.takeActions() == [.join(ticket, memberID: "")])
    return (member, ticket)
}

/// A member that has asked for its share.
private func syncing(leader: String = "other", _ settings: Membership.Settings = settings) -> (
    Membership, Membership.Ticket
) {
    var (member, ticket) = joining(settings)
    member.joined(
        ticket, .none, .init(memberID: "me", generation: 4, leader: leader, protocolName: "range"), at: at(0))
    guard case .syncing(let next) = member.phase else { return (member, -1) }
    #expect(
        member.takeActions() == [
            .sync(next, .init(memberID: "me", generation: 4), protocolName: "range", leading: leader == "me" ? [] : nil)
        ])
    return (member, next)
}

/// A member that reads.
private func reading(leader: String = "other", _ settings: Membership.Settings = settings) -> Membership {
    var (member, ticket) = syncing(leader: leader, settings)
    member.synced(ticket, .none, shares, at: at(0))
    guard case .preparing(let next) = member.assignment else { return member }
    #expect(member.takeActions() == [.prepare(next, shares)])
    member.prepared(next, at: at(0))
    #expect(member.takeActions() == [.read])
    return member
}

/// The heartbeat that is due at that time.
private func heartbeat(_ member: inout Membership, at time: Deadline) -> Membership.Heartbeat {
    member.advance(to: time)
    let heartbeat = Membership.Heartbeat(identity: member.identity, sentAt: time)
    #expect(member.takeActions().contains(.heartbeat(heartbeat)))
    return heartbeat
}

@Suite("A group's member")
struct GroupMembershipTests {
    // MARK: Joining

    @Test("joins again at once under the id that it was given first")
    func memberID() {
        var (member, ticket) = joining()
        member.joined(
            ticket, .memberIDRequired, .init(memberID: "me", generation: -1, leader: "", protocolName: nil), at: at(1))
        #expect(member.takeActions() == [.join(ticket + 1, memberID: "me")])
    }

    @Test("a coordinator that goes on refusing is not asked without a wait")
    func refusals() {
        var (member, _) = joining()
        var joins = 0
        for _ in 0..<100 {
            guard case .joining(let ticket) = member.phase else { break }
            joins += 1
            member.joined(
                ticket, .unknownMemberID, .init(memberID: "", generation: -1, leader: "", protocolName: nil), at: at(0))
        }
        #expect(joins == 3)
        #expect(member.nextDeadline > at(0))
    }

    @Test("the leader shares out, the others wait for it")
    func leads() {
        var (member, ticket) = joining()
        let everybody = [GroupMember(id: "me", instanceID: nil, topics: ["t"])]
        member.joined(
            ticket, .none,
            .init(memberID: "me", generation: 1, leader: "me", protocolName: "range", members: everybody), at: at(0))
        #expect(
            member.takeActions() == [
                .sync(ticket + 1, .init(memberID: "me", generation: 1), protocolName: "range", leading: everybody)
            ])
        #expect(member.isLeader)
        (member, _) = syncing()
        #expect(!member.isLeader)
    }

    @Test("a rebalance while the shares are made means joining again")
    func rebalanceWhileSyncing() {
        var (member, ticket) = syncing()
        member.synced(ticket, .rebalanceInProgress, [], at: at(0))
        #expect(member.takeActions() == [.join(ticket + 1, memberID: "me")])
    }

    @Test(
        "a connection that was closed is no reason to end", arguments: [KafkaError.Code.closed, .connection, .timeout])
    func closedConnection(_ code: KafkaError.Code) {
        var (member, ticket) = joining()
        member.requestFailed(ticket, KafkaError(code, "gone", isRetriable: code != .closed), at: at(0))
        #expect(member.phase == .waiting(until: at(0.1)))
        member.advance(to: at(0.1))
        #expect(member.takeActions() == [.join(ticket + 1, memberID: "")])
    }

    @Test("what does not get better ends it, with the reason")
    func refused() {
        var (member, ticket) = joining()
        member.joined(
            ticket, .groupAuthorizationFailed, .init(memberID: "", generation: -1, leader: "", protocolName: nil),
            at: at(0))
        #expect(member.hasEnded)
        #expect(member.failure?.serverCode == .groupAuthorizationFailed)
        (member, ticket) = syncing()
        member.requestFailed(ticket, KafkaError(.malformedResponse, "the assignment"), at: at(0))
        #expect(member.takeActions() == [.leave(ticket + 1, memberID: "me", by: at(5))], "the group is told")
    }

    @Test("an answer that was given up changes nothing")
    func lateAnswers() {
        var (member, ticket) = joining()
        member.requestFailed(ticket, KafkaError(.timeout, "late", isRetriable: true), at: at(0))
        let phase = member.phase
        member.joined(
            ticket, .none, .init(memberID: "me", generation: 4, leader: "me", protocolName: "range"), at: at(0.01))
        #expect(member.phase == phase)
        #expect(member.memberID == "")
    }

    // MARK: Heartbeats

    @Test("heartbeats go out every interval, in every generation, answered or not")
    func heartbeats() {
        var member = reading()
        for generation in 1...3 {
            let begin = Double(generation * 100)
            guard case .stable = member.phase else { return #expect(Bool(false), "\(member.phase)") }
            // Move to a new generation at `begin`.
            member.committed(as: member.identity, .illegalGeneration, at: at(0))
            guard case .losing(let losing) = member.assignment else { return #expect(Bool(false), "not lost") }
            member.lost(losing, at: at(begin))
            guard case .joining(let join) = member.phase else { return #expect(Bool(false), "\(member.phase)") }
            member.joined(
                join, .none,
                .init(memberID: "me", generation: Int32(10 + generation), leader: "", protocolName: "range"),
                at: at(begin))
            guard case .syncing(let sync) = member.phase else { return #expect(Bool(false), "\(member.phase)") }
            member.synced(sync, .none, shares, at: at(begin))
            guard case .preparing(let prepare) = member.assignment else { return #expect(Bool(false), "not prepared") }
            member.prepared(prepare, at: at(begin))
            _ = member.takeActions()
            var sent: [Deadline] = []
            for _ in 0..<3 {
                let due = member.nextDeadline
                member.advance(to: due)
                for case .heartbeat(let heartbeat) in member.takeActions() {
                    sent.append(heartbeat.sentAt)
                    #expect(heartbeat.identity == .init(memberID: "me", generation: Int32(10 + generation)))
                }
            }
            #expect(sent == [at(begin + 3), at(begin + 6), at(begin + 9)])
        }
    }

    @Test("without an answer for a session the partitions are lost")
    func sessionExpires() {
        var member = reading()
        let first = heartbeat(&member, at: at(3))
        member.answered(first, .none, at: at(3.5))
        _ = heartbeat(&member, at: at(6))
        _ = heartbeat(&member, at: at(9))
        // Counted from when the last answered one was sent.
        member.advance(to: at(12.9))
        #expect(!member.isLost)
        member.advance(to: at(13))
        #expect(member.isLost)
        #expect(member.owned.isEmpty)
        guard case .losing(let ticket) = member.assignment else { return #expect(Bool(false), "not lost") }
        #expect(member.takeActions().contains(.lose(ticket, shares)))
        member.lost(ticket, at: at(13))
        #expect(member.takeActions() == [.join(ticket + 1, memberID: "me")])
    }

    @Test("an answer that comes late counts from when its heartbeat was sent")
    func lateHeartbeat() {
        var member = reading()
        let first = heartbeat(&member, at: at(3))
        _ = heartbeat(&member, at: at(6))
        member.answered(first, .none, at: at(8.9))
        #expect(member.sessionEnd == at(13))
    }

    @Test("what another generation was told changes nothing")
    func staleAnswers() {
        var member = reading()
        let stale = Membership.Identity(memberID: "me", generation: 3)
        member.answered(.init(identity: stale, sentAt: at(1)), .illegalGeneration, at: at(1))
        member.committed(as: stale, .illegalGeneration, at: at(1))
        #expect(member.assignment == .reading)
        #expect(member.takeActions() == [])
    }

    @Test("a coordinator that moved is looked for, and asked soon")
    func coordinatorMoved() {
        var member = reading()
        let first = heartbeat(&member, at: at(3))
        member.answered(first, .notCoordinator, at: at(3.1))
        #expect(member.takeActions() == [.forgetCoordinator])
        #expect(member.nextDeadline == at(3.2))
    }

    // MARK: Revoking

    @Test("a rebalance lets it finish and commit, as long as the group waits")
    func revokes() {
        var member = reading()
        let first = heartbeat(&member, at: at(3))
        member.answered(first, .none, at: at(3))
        let second = heartbeat(&member, at: at(6))
        member.answered(second, .rebalanceInProgress, at: at(6))
        guard case .revoking(let ticket) = member.assignment else { return #expect(Bool(false), "not revoked") }
        #expect(member.takeActions() == [.revoke(ticket, shares)])
        #expect(member.owned == Set(shares), "what it has done can still be committed")
        #expect(member.identity == .init(memberID: "me", generation: 4))
        // Heartbeats go on meanwhile.
        let third = heartbeat(&member, at: at(9))
        member.answered(third, .rebalanceInProgress, at: at(9))
        #expect(member.takeActions() == [])
        member.revoked(ticket, at: at(10))
        #expect(member.owned.isEmpty)
        #expect(member.takeActions() == [.join(ticket + 1, memberID: "me")])
    }

    @Test("a listener that takes longer than the group waits has lost its partitions")
    func revokesTooLong() {
        var member = reading()
        var last = at(0)
        var ticket = -1
        for second in stride(from: 3.0, to: 33, by: 3) {
            let beat = heartbeat(&member, at: at(second))
            member.answered(beat, second == 3 ? .none : .rebalanceInProgress, at: at(second))
            if case .revoking(let found) = member.assignment { ticket = found }
            last = at(second)
        }
        #expect(last == at(30))
        #expect(!member.isLost)
        _ = member.takeActions()
        // The group was settled at 3 seconds, and waits for 30.
        member.advance(to: at(33))
        #expect(member.isLost)
        #expect(member.takeActions() == [.cancel(ticket)])
        member.revoked(ticket, at: at(33.1))
        guard case .losing(let losing) = member.assignment else { return #expect(Bool(false), "not lost") }
        #expect(member.takeActions() == [.lose(losing, shares)])
    }

    @Test("a commit that is refused by a rebalance makes it join again")
    func commitRefused() {
        var member = reading()
        member.committed(as: member.identity, .rebalanceInProgress, at: at(1))
        guard case .revoking = member.assignment else { return #expect(Bool(false), "not revoked") }
    }

    @Test("a member that the group has given up has lost its partitions", arguments: [true, false])
    func disowned(_ isKnown: Bool) {
        var member = reading()
        let first = heartbeat(&member, at: at(3))
        member.answered(first, isKnown ? .illegalGeneration : .unknownMemberID, at: at(3))
        #expect(member.isLost)
        #expect(member.memberID == (isKnown ? "me" : ""))
        #expect(member.takeActions().contains { if case .lose = $0 { true } else { false } })
    }

    @Test("another process with the same instance id ends it")
    func fencedInstance() {
        var settings = settings
        settings.isStatic = true
        var member = reading(settings)
        let first = heartbeat(&member, at: at(3))
        member.answered(first, .fencedInstanceID, at: at(3))
        guard case .losing(let ticket) = member.assignment else { return #expect(Bool(false), "not lost") }
        member.lost(ticket, at: at(3))
        #expect(member.hasEnded)
        #expect(member.failure?.code == .fenced)
    }

    @Test("a rebalance while it is looked up where to begin tells the listener nothing")
    func rebalanceWhilePreparing() {
        var (member, sync) = syncing()
        member.synced(sync, .none, shares, at: at(0))
        guard case .preparing(let ticket) = member.assignment else { return #expect(Bool(false)) }
        _ = member.takeActions()
        member.committed(as: member.identity, .rebalanceInProgress, at: at(1))
        #expect(member.takeActions() == [.cancel(ticket)])
        member.notPrepared(ticket, KafkaError(.cancelled, "cancelled"), at: at(1))
        #expect(member.takeActions() == [.join(ticket + 1, memberID: "me")])
    }

    @Test("where to begin is looked up again, and heartbeats go on")
    func preparesAgain() {
        var (member, sync) = syncing()
        member.synced(sync, .none, shares, at: at(0))
        guard case .preparing(let ticket) = member.assignment else { return #expect(Bool(false)) }
        _ = member.takeActions()
        member.notPrepared(ticket, KafkaError(.timeout, "late", isRetriable: true), at: at(2.95))
        _ = heartbeat(&member, at: at(3))
        member.advance(to: at(3.05))
        #expect(member.takeActions() == [.prepare(ticket + 1, shares)])
    }

    @Test("the leader shares out again when there are more partitions, others do not")
    func morePartitions() {
        var member = reading(leader: "me")
        member.partitionCountsChanged(at: at(1))
        guard case .revoking = member.assignment else { return #expect(Bool(false), "not revoked") }
        member = reading()
        member.partitionCountsChanged(at: at(1))
        #expect(member.assignment == .reading)
    }

    // MARK: The end

    @Test("closed while it reads: finishes, commits, leaves, ends")
    func closes() {
        var member = reading()
        member.close(at: at(1))
        guard case .revoking(let ticket) = member.assignment else { return #expect(Bool(false), "not revoked") }
        #expect(member.takeActions() == [.revoke(ticket, shares)])
        member.revoked(ticket, at: at(2))
        #expect(member.takeActions() == [.leave(ticket + 1, memberID: "me", by: at(7))])
        member.left(ticket + 1, .none, at: at(2.1))
        #expect(member.hasEnded)
        #expect(member.failure == nil)
    }

    @Test("closed while the group rebalances: gives the wait up, and leaves")
    func closesWhileJoining() {
        var member = reading()
        member.committed(as: member.identity, .unknownMemberID, at: at(0))
        guard case .losing(let losing) = member.assignment else { return #expect(Bool(false)) }
        member.lost(losing, at: at(0))
        guard case .joining(let ticket) = member.phase else { return #expect(Bool(false)) }
        member.joined(
            ticket, .memberIDRequired, .init(memberID: "new", generation: -1, leader: "", protocolName: nil), at: at(0))
        _ = member.takeActions()
        member.close(at: at(20))
        #expect(member.takeActions() == [.cancel(ticket + 1), .leave(ticket + 2, memberID: "new", by: at(25))])
        var (other, sync) = syncing()
        other.close(at: at(20))
        #expect(other.takeActions() == [.cancel(sync), .leave(sync + 1, memberID: "me", by: at(25))])
    }

    @Test("closed before it has a name: waits for it, since the group would wait for who bears it")
    func closesNameless() {
        var (member, ticket) = joining()
        member.close(at: at(1))
        #expect(member.takeActions() == [])
        member.joined(
            ticket, .memberIDRequired, .init(memberID: "me", generation: -1, leader: "", protocolName: nil), at: at(2))
        #expect(member.takeActions() == [.leave(ticket + 1, memberID: "me", by: at(6))])
        (member, ticket) = joining()
        member.close(at: at(1))
        member.advance(to: at(6))
        #expect(member.takeActions() == [.cancel(ticket)])
        #expect(member.hasEnded)
    }

    @Test("a coordinator that does not take the leaving is asked again, for five seconds")
    func leavesAgain() {
        var (member, sync) = syncing()
        member.close(at: at(0))
        _ = member.takeActions()
        member.left(sync + 1, .notCoordinator, at: at(1))
        #expect(member.takeActions() == [.forgetCoordinator])
        member.advance(to: at(1.1))
        #expect(member.takeActions() == [.leave(sync + 2, memberID: "me", by: at(5))])
        member.advance(to: at(5))
        #expect(member.takeActions() == [.cancel(sync + 2)])
        #expect(member.hasEnded)
    }

    @Test("a static member keeps its place when it closes")
    func staticMember() {
        var settings = settings
        settings.isStatic = true
        var member = reading(settings)
        member.close(at: at(1))
        guard case .revoking(let ticket) = member.assignment else { return #expect(Bool(false)) }
        _ = member.takeActions()
        member.revoked(ticket, at: at(1))
        #expect(member.takeActions() == [])
        #expect(member.hasEnded)
    }

    @Test("a reader that failed gives its partitions back, leaves, and says why")
    func fails() {
        var member = reading()
        member.fail(KafkaError(.offsetOutOfRange, "gone"), at: at(1))
        guard case .revoking(let ticket) = member.assignment else { return #expect(Bool(false), "not revoked") }
        member.revoked(ticket, at: at(1))
        #expect(member.takeActions().last == .leave(ticket + 1, memberID: "me", by: at(6)))
        member.left(ticket + 1, .none, at: at(1))
        #expect(member.hasEnded)
        #expect(member.failure?.code == .offsetOutOfRange)
    }
}
