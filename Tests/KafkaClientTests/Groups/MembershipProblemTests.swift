import KafkaProtocol
import Telemetry
import TestSupport
import Testing
import Transport

@testable import KafkaClient

private let start = Deadline.now
private func at(_ seconds: Double) -> Deadline { start + .milliseconds(Int(seconds * 1_000)) }

private func joining() -> (GroupMembership, GroupMembership.Ticket) {
    var member = GroupMembership(at: at(0))
    member.advance(to: at(0))
    guard case .joining(let ticket) = member.phase else { return (member, -1) }
    return (member, ticket)
}

private func stable() -> GroupMembership {
    var (member, ticket) = joining()
    member.joined(ticket, .none, .init(memberID: "me", generation: 4, leader: "other"), at: at(1))
    guard case .syncing(let next) = member.phase else { return member }
    member.synced(next, .none, [TopicPartition("t", 0)], at: at(2))
    return member
}

@Suite("What is wrong with a membership", .timeLimit(.minutes(1)))
struct MembershipProblemTests {
    @Test("joining: since when, and nothing of a failure that did not happen")
    func joins() {
        let (member, _) = joining()
        let problem = member.problem(at: at(3))
        #expect(problem?.code == .rebalanceInProgress)
        #expect(problem?.message == "no member of the group for 3000 ms, joining")
        #expect(problem?.isRetriable == true)
    }

    @Test("a coordinator that refuses: its reason, until the member is in a generation")
    func refused() {
        var (member, ticket) = joining()
        member.joined(ticket, .coordinatorNotAvailable, .init(memberID: "", generation: -1, leader: ""), at: at(1))
        #expect(member.problem(at: at(1))?.serverCode == .coordinatorNotAvailable)
        #expect(member.problem(at: at(1))?.message.contains("for 1000 ms") == true)
        member.advance(to: at(3))
        guard case .joining(let second) = member.phase else { return #expect(Bool(false), "it joins again") }
        #expect(member.problem(at: at(4))?.serverCode == .coordinatorNotAvailable, "what is known last")
        member.joined(second, .none, .init(memberID: "me", generation: 4, leader: "other"), at: at(5))
        guard case .syncing(let next) = member.phase else { return #expect(Bool(false), "it syncs") }
        #expect(member.problem(at: at(5)) != nil)
        member.synced(next, .none, [], at: at(6))
        #expect(member.problem(at: at(6)) == nil)
    }

    @Test("a member whose session ends has one from then on, although it was one")
    func expires() {
        var member = stable()
        #expect(member.problem(at: at(3)) == nil)
        member.advance(to: at(2) + member.settings.sessionTimeout)
        #expect(member.problem(at: at(60))?.message.contains("for 13000 ms, giving back what it lost") == true)
    }

    @Test("a member that cannot learn where to begin has one, until it can")
    func isUnprepared() {
        var member = stable()
        guard case .preparing(let ticket) = member.assignment else { return #expect(Bool(false), "it prepares") }
        member.notPrepared(ticket, KafkaError(.timeout, "no answer", isRetriable: true), at: at(3))
        #expect(member.problem(at: at(3))?.message.hasSuffix("assigned: no answer") == true)
        member.advance(to: at(10))
        guard case .preparing(let second) = member.assignment else { return #expect(Bool(false), "it prepares again") }
        #expect(member.problem(at: at(10)) != nil)
        member.prepared(second, at: at(11))
        #expect(member.problem(at: at(11)) == nil)
    }

    @Test("one that ends tells why")
    func ends() {
        var member = stable()
        member.fail(KafkaError(.offsetOutOfRange, "gone"), at: at(3))
        #expect(member.problem(at: at(3))?.code == .offsetOutOfRange)
        var other = stable()
        other.close(at: at(3))
        #expect(other.problem(at: at(3))?.code == .closed)
    }

    @Test("a group without a coordinator: a warning after a while, and a line when it is joined after all")
    func warns() async throws {
        LogCapture.start()
        let group = "no-coordinator-\(UInt32.random(in: 0 ... .max))"
        var behaviour = FakeBroker.Behaviour()
        behaviour.coordinatorCode = .coordinatorNotAvailable
        behaviour.join = .answer(
            JoinGroupResponse {
                $0.memberID = "me"
                $0.generationID = 1
                $0.leader = "other"
            })
        behaviour.sync = .answer(SyncGroupResponse())
        try await withBrokers([behaviour]) { brokers, loop in
            let consumer = KafkaConsumer(
                ConsumerConfiguration(testConfiguration(brokers), source: .group(group, topics: ["t"])), on: loop)
            let running = Ending().of { try await consumer.run() }
            try await until("the reason is told") {
                try await loop.run { consumer.onLoop.membershipProblem?.serverCode == .coordinatorNotAvailable }
            }
            try await until("a warning is logged", within: .seconds(30)) {
                !LogCapture.lines("kafka.group", naming: group).isEmpty
            }
            let line = LogCapture.lines("kafka.group", naming: group)[0]
            #expect(line.level == .warning)
            #expect(line.metadata[.error]?.contains("COORDINATOR_NOT_AVAILABLE") == true)
            brokers[0].change { $0.coordinatorCode = .none }
            try await until("it is a member") { try await loop.run { consumer.onLoop.membershipProblem == nil } }
            #expect(LogCapture.lines("kafka.group", naming: group).map(\.level) == [.warning, .info])
            running.cancel()
        }
    }

    @Test("given partitions: none once they are read, and the end once closed")
    func givenPartitions() async throws {
        try await withBrokers { brokers, loop in
            let partition = TopicPartition("t", 0)
            let consumer = KafkaConsumer(
                ConsumerConfiguration(testConfiguration(brokers), source: .partitions([partition], group: nil)),
                on: loop)
            #expect(try await loop.run { consumer.onLoop.membershipProblem?.isRetriable } == true)
            let end = Ending()
            end.of { try await consumer.run() }
            try await until("it reads") { try await loop.run { consumer.onLoop.membershipProblem == nil } }
            await consumer.close()
            #expect(try await loop.run { consumer.onLoop.membershipProblem?.code } == .closed)
        }
    }

    @Test("a topic is described as the newest metadata tells of it")
    func describes() async throws {
        try await withBrokers { brokers, loop in
            brokers[0].change { $0.topics = ["t": [1, 1, 1]] }
            let consumer = KafkaConsumer(
                ConsumerConfiguration(testConfiguration(brokers), source: .group("g", topics: ["t"])), on: loop)
            #expect(try await loop.run { consumer.onLoop.topicDescription("t") } == nil)
            let running = Ending().of { try await consumer.run() }
            try await until("it is known") { try await loop.run { consumer.onLoop.topicDescription("t") != nil } }
            let found = try await loop.run { consumer.onLoop.topicDescription("t") }
            #expect(found?.name == "t")
            #expect(found?.partitionCount == 3)
            #expect(found?.id.isZero == false)
            #expect(try await loop.run { consumer.onLoop.topicDescription("other") } == nil)
            running.cancel()
        }
    }
}
