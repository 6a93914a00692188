import Bytes
import KafkaProtocol
import Testing

@testable import KafkaBroker

/// A coordinator with counted member ids, and answers kept by ticket.
private final class Harness {
    var coordinator: GroupCoordinator
    var joined: [GroupTicket: Result<GroupJoined, GroupJoinRefusal>] = [:]
    var synced: [GroupTicket: Result<GroupSynced, GroupError>] = [:]
    private var next: GroupTicket = 0

    init(delay: Int64 = 0, configure: (inout GroupSettings) -> Void = { _ in }) {
        let counter = Counter()
        var settings = GroupSettings(initialRebalanceDelay: delay)
        configure(&settings)
        coordinator = GroupCoordinator(settings: settings, makeID: { counter.next() })
    }

    final class Counter {
        private var count = 0
        func next() -> String {
            count += 1
            return "\(count)"
        }
    }

    func join(
        _ member: String = "", in group: String = "g", instance: String? = nil, known: Bool = false,
        protocols: [String] = ["range"], type: String = "consumer", session: Int64 = 10_000,
        rebalance: Int64 = 30_000, at now: Int64 = 0
    ) -> GroupTicket {
        next += 1
        coordinator.join(
            GroupJoin(
                groupID: group, memberID: member, instanceID: instance, requiresKnownMember: known, clientID: "c",
                clientHost: "/h", sessionTimeout: session, rebalanceTimeout: rebalance, protocolType: type,
                protocols: protocols.map { GroupProtocol(name: $0, metadata: ByteSlice(utf8: "meta-\($0)")) }),
            ticket: next, now: now)
        collect()
        return next
    }

    func sync(
        _ member: String, _ generation: Int32, _ assignments: [String: String] = [:], at now: Int64 = 0
    ) -> GroupTicket {
        next += 1
        coordinator.sync(
            "g", member, instanceID: nil, generation: generation, protocolType: nil, protocolName: nil,
            assignments: assignments.mapValues { ByteSlice(utf8: $0) }, ticket: next, now: now)
        collect()
        return next
    }

    func heartbeat(_ member: String, _ generation: Int32, at now: Int64 = 0) -> GroupError? {
        defer { collect() }
        do throws(GroupError) {
            try coordinator.heartbeat("g", member, instanceID: nil, generation: generation, now: now)
            return nil
        } catch { return error }
    }

    func leave(_ member: String, instance: String? = nil, at now: Int64 = 0) -> GroupError? {
        defer { collect() }
        do throws(GroupError) {
            _ = try coordinator.leave("g", member, instanceID: instance, now: now)
            return nil
        } catch { return error }
    }

    func commit(_ member: String, _ generation: Int32, at now: Int64 = 0) -> GroupError? {
        do throws(GroupError) {
            try coordinator.checkCommit("g", member, instanceID: nil, generation: generation, now: now)
            return nil
        } catch { return error }
    }

    func advance(to now: Int64) {
        coordinator.advance(to: now)
        collect()
    }

    private func collect() {
        for effect in coordinator.takeEffects() {
            switch effect {
            case .joined(let ticket, let result): joined[ticket] = result
            case .synced(let ticket, let result): synced[ticket] = result
            }
        }
    }

    func member(_ ticket: GroupTicket) throws -> GroupJoined { try #require(joined[ticket]).get() }
    func refusal(_ ticket: GroupTicket) -> GroupError? {
        if case .failure(let refusal) = joined[ticket] { refusal.error } else { nil }
    }

    /// A stable group of two: the leader's id and the follower's, in generation 2.
    func stablePair() throws -> (leader: String, follower: String) {
        let first = try member(join()).memberID
        _ = sync(first, 1, [first: "all"])
        let second = join()
        _ = join(first)
        let follower = try member(second).memberID
        _ = sync(first, 2, [first: "one", follower: "two"])
        _ = sync(follower, 2)
        return (first, follower)
    }

    var state: Group.State? { coordinator.groups["g"]?.state }
}

@Suite struct GroupCoordinatorTests {
    @Test func aFirstMemberLeadsTheFirstGeneration() throws {
        let harness = Harness()
        let ticket = harness.join(protocols: ["range", "roundrobin"])
        let joined = try harness.member(ticket)
        #expect(joined.generation == 1)
        #expect(joined.leaderID == joined.memberID)
        #expect(joined.memberID == "c-1")
        #expect(joined.protocolName == "range")
        #expect(joined.members.map(\.metadata) == [ByteSlice(utf8: "meta-range")])
        #expect(harness.state == .completingRebalance)
        let sync = harness.sync(joined.memberID, 1, [joined.memberID: "all"])
        #expect(try harness.synced[sync]?.get().assignment == ByteSlice(utf8: "all"))
        #expect(harness.state == .stable)
    }

    @Test func aNewcomerIsGivenItsIDFirst() throws {
        let harness = Harness()
        let first = harness.join(known: true)
        guard case .failure(let refusal) = harness.joined[first] else { return #expect(Bool(false)) }
        #expect(refusal.error == .memberIDRequired)
        let second = harness.join(refusal.memberID, known: true)
        #expect(try harness.member(second).memberID == refusal.memberID)
    }

    @Test func anIDThatDoesNotComeBackIsForgotten() throws {
        let harness = Harness()
        _ = harness.join(known: true, session: 5_000)
        #expect(harness.coordinator.groups.count == 1)
        harness.advance(to: 5_000)
        #expect(harness.coordinator.groups.isEmpty)
        #expect(harness.refusal(harness.join("c-1", at: 5_001)) == .unknownMemberID)
    }

    @Test func membersThatComeTogetherShareTheFirstGeneration() throws {
        let harness = Harness(delay: 100)
        let first = harness.join()
        let second = harness.join(at: 50)
        harness.advance(to: 100)
        // Somebody came meanwhile: the wait goes on once more.
        #expect(harness.joined.isEmpty)
        harness.advance(to: 200)
        #expect(try harness.member(first).generation == 1)
        #expect(try harness.member(second).leaderID == harness.member(first).memberID)
        #expect(try harness.member(first).members.count == 2)
        #expect(try harness.member(second).members.isEmpty)
    }

    @Test func aSecondMemberMakesTheFirstJoinAgain() throws {
        let harness = Harness()
        let (leader, follower) = try harness.stablePair()
        #expect(harness.state == .stable)
        #expect(harness.heartbeat(leader, 2) == nil)
        #expect(harness.heartbeat(follower, 1) == .illegalGeneration)
        #expect(harness.heartbeat("nobody", 2) == .unknownMemberID)
        let third = harness.join()
        #expect(harness.heartbeat(leader, 2) == .rebalanceInProgress)
        #expect(harness.joined[third] == nil)
        _ = harness.join(leader)
        _ = harness.join(follower)
        #expect(try harness.member(third).generation == 3)
    }

    @Test func followersWaitForTheLeadersAssignment() throws {
        let harness = Harness()
        let first = try harness.member(harness.join()).memberID
        let second = harness.join()
        _ = harness.join(first)
        let follower = try harness.member(second).memberID
        let waiting = harness.sync(follower, 2)
        #expect(harness.synced[waiting] == nil)
        _ = harness.sync(first, 2, [follower: "yours"])
        #expect(try harness.synced[waiting]?.get().assignment == ByteSlice(utf8: "yours"))
    }

    @Test func aMemberThatFallsSilentIsRemoved() throws {
        let harness = Harness()
        let (leader, follower) = try harness.stablePair()
        #expect(harness.coordinator.nextDeadline == 10_000)
        #expect(harness.heartbeat(leader, 2, at: 9_000) == nil)
        harness.advance(to: 10_000)
        #expect(harness.heartbeat(leader, 2, at: 10_001) == .rebalanceInProgress)
        #expect(harness.heartbeat(follower, 2, at: 10_001) == .unknownMemberID)
        let again = harness.join(leader, at: 10_002)
        #expect(try harness.member(again).generation == 3)
    }

    @Test func whoDoesNotJoinAgainInTimeIsLeftOut() throws {
        let harness = Harness()
        let (leader, _) = try harness.stablePair()
        let third = harness.join(at: 1_000)
        _ = harness.join(leader, at: 1_000)
        // The follower sends heartbeats, but does not join.
        harness.advance(to: 8_000)
        harness.advance(to: 40_000)
        #expect(try harness.member(third).generation == 3)
        #expect(harness.coordinator.groups["g"]?.members.count == 2)
    }

    @Test func whoDoesNotSyncInTimeIsLeftOut() throws {
        let harness = Harness()
        let first = try harness.member(harness.join(session: 100_000)).memberID
        #expect(harness.state == .completingRebalance)
        harness.advance(to: 30_000)
        #expect(harness.heartbeat(first, 1, at: 30_000) == .unknownMemberID)
        #expect(harness.coordinator.groups.isEmpty)
    }

    @Test func whoLeavesStartsARebalance() throws {
        let harness = Harness()
        let (leader, follower) = try harness.stablePair()
        #expect(harness.leave(leader) == nil)
        #expect(harness.leave(leader) == .unknownMemberID)
        #expect(harness.heartbeat(follower, 2) == .rebalanceInProgress)
        let again = harness.join(follower)
        #expect(try harness.member(again).leaderID == follower)
        #expect(harness.leave(follower) == nil)
        #expect(harness.coordinator.groups.isEmpty)
    }

    @Test func aLostAnswerIsGivenAgain() throws {
        let harness = Harness()
        let (leader, follower) = try harness.stablePair()
        let again = harness.join(follower)
        #expect(try harness.member(again).generation == 2)
        #expect(harness.state == .stable)
        // A leader that joins again wants to share out anew.
        _ = harness.join(leader)
        #expect(harness.state == .preparingRebalance)
    }

    @Test func aProtocolThatAllCanIsChosenByVotes() throws {
        let harness = Harness()
        let first = try harness.member(harness.join(protocols: ["a", "b"])).memberID
        let second = harness.join(protocols: ["b", "c"])
        _ = harness.join(first, protocols: ["a", "b"])
        #expect(try harness.member(second).protocolName == "b")
        #expect(harness.refusal(harness.join(protocols: ["c"])) == .inconsistentGroupProtocol)
        #expect(harness.refusal(harness.join(type: "connect")) == .inconsistentGroupProtocol)
        #expect(harness.refusal(harness.join(protocols: [])) == .inconsistentGroupProtocol)
    }

    @Test func aStaticMemberTakesItsPlaceAgainWithoutARebalance() throws {
        let harness = Harness()
        let first = try harness.member(harness.join(instance: "i1")).memberID
        _ = harness.sync(first, 1, [first: "mine"])
        let again = try harness.member(harness.join(instance: "i1", known: true))
        #expect(again.generation == 1)
        #expect(again.memberID != first)
        let sync = harness.sync(again.memberID, 1)
        #expect(try harness.synced[sync]?.get().assignment == ByteSlice(utf8: "mine"))
        #expect(harness.refusal(harness.join(first, instance: "i1")) == .fencedInstanceID)
    }

    @Test func commitsAreCheckedAgainstTheGeneration() throws {
        let harness = Harness()
        #expect(harness.commit("", -1) == nil)
        #expect(harness.commit("x", 1) == .illegalGeneration)
        let (leader, _) = try harness.stablePair()
        #expect(harness.commit(leader, 2) == nil)
        #expect(harness.commit(leader, 1) == .illegalGeneration)
        #expect(harness.commit("", -1) == .unknownMemberID)
        _ = harness.join()
        // Who has not joined again yet may still commit what it has done.
        #expect(harness.commit(leader, 2) == nil)
    }

    @Test func nothingIsCommittedWhileMembersSync() throws {
        let harness = Harness()
        let (leader, follower) = try harness.stablePair()
        _ = harness.join(leader, at: 1_000)
        _ = harness.join(follower, at: 1_000)
        #expect(harness.state == .completingRebalance)
        #expect(harness.commit(leader, 3, at: 9_000) == .rebalanceInProgress)
        #expect(harness.commit(leader, 2) == .illegalGeneration)
        #expect(harness.commit("", -1) == .unknownMemberID)
        // A refused commit is no sign of life, as with Kafka.
        harness.advance(to: 11_000)
        #expect(harness.heartbeat(leader, 3, at: 11_000) == .unknownMemberID)
    }

    @Test func anybodyCommitsForAGroupThatOnlyKnowsOfNewcomers() {
        let harness = Harness()
        _ = harness.join(known: true)
        #expect(harness.state == .empty)
        #expect(harness.commit("", -1) == nil)
    }

    @Test func aStaticMemberThatFallsSilentIsRemovedThoughOthersRebalance() throws {
        let harness = Harness()
        let silent = try harness.member(harness.join(instance: "i1", rebalance: 4_000)).memberID
        _ = harness.sync(silent, 1, [silent: "all"])
        // Another member comes, joins and syncs again and again; the static one is dead. It keeps its place for its
        // session's time, and no longer.
        let other = harness.join(rebalance: 4_000, at: 1_000)
        harness.advance(to: 5_000)
        let alive = try harness.member(other).memberID
        _ = harness.sync(alive, 2, [alive: "some"], at: 5_000)
        #expect(harness.coordinator.groups["g"]?.members[silent] != nil)
        harness.advance(to: 10_000)
        #expect(harness.coordinator.groups["g"]?.members[silent] == nil)
        #expect(harness.coordinator.groups["g"]?.staticMembers.isEmpty == true)
    }

    @Test func aMemberLeavesByItsInstanceToo() throws {
        let harness = Harness()
        let first = try harness.member(harness.join(instance: "i1")).memberID
        _ = harness.sync(first, 1, [first: "all"])
        #expect(harness.leave("", instance: "i2") == .unknownMemberID)
        #expect(harness.leave("") == .unknownMemberID)
        #expect(harness.leave("other", instance: "i1") == .fencedInstanceID)
        #expect(harness.leave("", instance: "i1") == nil)
        #expect(harness.coordinator.groups.isEmpty)
    }

    @Test func anIDThatWasGivenOutCanLeaveBeforeItJoins() throws {
        let harness = Harness()
        let (leader, follower) = try harness.stablePair()
        let asked = harness.join(known: true)
        guard case .failure(let refusal) = harness.joined[asked] else { return #expect(Bool(false)) }
        _ = harness.join(leader)
        let again = harness.join(follower)
        // The rebalance waits for the newcomer, until it says that it will not come.
        #expect(harness.joined[again] == nil)
        #expect(harness.leave(refusal.memberID) == nil)
        #expect(try harness.member(again).generation == 3)
    }

    @Test func membersOfAllGroupsTogetherAreBounded() throws {
        let harness = Harness { $0.maxMembersInAll = 3 }
        #expect(harness.refusal(harness.join(in: "a")) == nil)
        #expect(harness.refusal(harness.join(in: "b", known: true)) == .memberIDRequired)
        let third = try harness.member(harness.join(in: "c")).memberID
        #expect(harness.refusal(harness.join(in: "d")) == .groupMaxSizeReached)
        // A member that is known comes again, and who leaves makes room.
        #expect(harness.refusal(harness.join(third, in: "c")) == nil)
        harness.advance(to: 10_000)
        #expect(harness.refusal(harness.join(in: "d", at: 10_000)) == nil)
    }

    @Test func whatMembersSayOfThemselvesIsBoundedInAll() throws {
        let harness = Harness { $0.maxBytes = 2_000 }
        var refused = 0
        for group in 0..<20 where harness.refusal(harness.join(in: "\(group)")) == .groupMaxSizeReached { refused += 1 }
        #expect((1...19).contains(refused))
        harness.advance(to: 600_000)
        #expect(harness.coordinator.groups.isEmpty)
        #expect(harness.refusal(harness.join(in: "g", at: 600_001)) == nil)
        let member = try #require(harness.coordinator.groups["g"]?.order.first)
        let sync = harness.sync(member, 1, [member: String(repeating: "x", count: 3_000)], at: 600_001)
        guard case .failure(let error) = harness.synced[sync] else { return #expect(Bool(false)) }
        #expect(error == .groupMaxSizeReached)
    }

    @Test func boundsAreKept() throws {
        let harness = Harness { $0.maxMembers = 1 }
        #expect(harness.refusal(harness.join(session: 10)) == .invalidSessionTimeout)
        _ = harness.join()
        #expect(harness.refusal(harness.join()) == .groupMaxSizeReached)
        #expect(harness.refusal(harness.join(known: true)) == .groupMaxSizeReached)
        #expect(harness.refusal(harness.join("unknown")) == .unknownMemberID)
    }

    @Test func syncsAreRefusedWhileMembersJoin() throws {
        let harness = Harness()
        let (leader, _) = try harness.stablePair()
        _ = harness.join()
        let sync = harness.sync(leader, 2)
        guard case .failure(let error) = harness.synced[sync] else { return #expect(Bool(false)) }
        #expect(error == .rebalanceInProgress)
    }
}
