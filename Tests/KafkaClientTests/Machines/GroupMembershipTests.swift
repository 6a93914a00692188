import Bytes
import KafkaProtocol
import Testing

@testable import KafkaClient

@Suite("A group's member")
struct GroupMembershipTests {
    private func joined(leader: String = "me") -> GroupMembership {
        var member = GroupMembership()
        member.willJoin()
        _ = member.joined(
            .none, memberID: "me", generation: 4, leader: leader, protocolName: "range", members: [])
        return member
    }

    private func stable() -> GroupMembership {
        var member = joined()
        _ = member.synced(.none, assignment: .empty)
        return member
    }

    @Test("joins again under the id that it was given first")
    func memberID() {
        var member = GroupMembership()
        member.willJoin()
        let step = member.joined(
            .memberIDRequired, memberID: "me", generation: -1, leader: "", protocolName: nil, members: [])
        #expect(step == .join)
        #expect(member.memberID == "me")
    }

    @Test("the leader assigns, the others wait for it")
    func leads() {
        var member = GroupMembership()
        member.willJoin()
        let others = [RangeAssignor.Member(id: "me", instanceID: nil, topics: ["t"])]
        #expect(
            member.joined(
                .none, memberID: "me", generation: 1, leader: "me", protocolName: "range", members: others)
                == .sync(leading: others))
        #expect(
            member.joined(
                .none, memberID: "me", generation: 1, leader: "other", protocolName: "range", members: [])
                == .sync(leading: nil))
        let assignment = ByteSlice(utf8: "assignment")
        #expect(member.synced(.none, assignment: assignment) == .work(assignment))
        #expect(member.state == .stable)
    }

    @Test("a rebalance while the assignment is made means joining again")
    func rebalanceWhileSyncing() {
        var member = joined()
        #expect(member.synced(.rebalanceInProgress, assignment: .empty) == .join)
    }

    @Test("a rebalance lets it finish first")
    func rebalance() {
        var member = stable()
        #expect(member.answered(.none) == .proceed)
        #expect(member.answered(.rebalanceInProgress) == .rejoin)
        #expect(member.generation == 4, "what it has done can still be committed")
    }

    @Test("a member that the group has given up has lost its partitions")
    func fenced() {
        var member = stable()
        #expect(member.answered(.illegalGeneration) == .abandon)
        #expect(member.memberID == "me")
        member = stable()
        #expect(member.answered(.unknownMemberID) == .abandon)
        #expect(member.memberID == "")
        member = stable()
        #expect(member.sessionExpired() == .abandon)
    }

    @Test("another process with the same instance id ends it")
    func fencedInstance() {
        var member = stable()
        #expect(member.answered(.fencedInstanceID) == .fail(.fencedInstanceID))
        #expect(member.state == .failed)
    }

    @Test("a coordinator that moved is looked for")
    func coordinator() {
        var member = stable()
        #expect(member.answered(.notCoordinator) == .findCoordinator)
        member = GroupMembership()
        member.willJoin()
        #expect(
            member.joined(
                .coordinatorLoadInProgress, memberID: "", generation: -1, leader: "", protocolName: nil, members: [])
                == .wait)
    }
}
