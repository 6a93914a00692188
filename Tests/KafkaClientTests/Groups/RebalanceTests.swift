import Bytes
import KafkaProtocol
import Synchronization
import TestSupport
import Testing
import Transport

@testable import KafkaClient

/// A test's own topic and group on a broker.
private struct Scene: Sendable {
    let kafka: KafkaConfiguration
    let loops: EventLoopGroup
    let topic: String
    let group: String
    let ledger = GroupLedger()

    var loop: EventLoop { loops.loops[0] }

    func member(
        _ name: String, topics: [String]? = nil, instanceID: String? = nil, work: Duration = .zero,
        rebalanceTimeout: Duration = GroupTimes.rebalance, beforeCommit: @escaping @Sendable () async -> Void = {}
    ) -> GroupTestMember {
        GroupTestMember(
            name, ledger, kafka, group: group, topics: topics ?? [topic], on: loop, instanceID: instanceID, work: work,
            rebalanceTimeout: rebalanceTimeout, beforeCommit: beforeCommit)
    }

    /// Waits until the partitions are shared out so.
    func settles(_ counts: [String: Int], within limit: Duration = .seconds(60)) async throws {
        try await eventually("the shares \(counts), now \(ledger.counts)", within: limit) {
            ledger.counts.filter { $0.value > 0 } == counts
        }
    }

    /// Lets time pass, more than a session takes.
    func idlePastTheSession() async throws {
        try await loop.run { try await self.loop.sleep(for: GroupTimes.session * 1.4) }
    }

    func write(_ count: Int) async throws {
        try await NumberWriter().run(to: topic, kafka, on: loop, pause: .zero, limit: count)
    }

    /// What the group has committed.
    func committed() async throws -> [TopicPartition: Int64] {
        let admin = KafkaAdmin(kafka, on: loop)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await admin.run() }
            let (topic, group, loop) = (topic, group, loop)
            let offsets = try await loop.run {
                try await Coordinator(group: group, cluster: admin.cluster).committedOffsets(
                    of: (0..<6).map { TopicPartition(topic, $0) })
            }
            await admin.close()
            try await tasks.waitForAll()
            return offsets
        }
    }
}

private func withScene(
    _ kind: GroupServerKind, partitions: Int32? = 6, _ body: @escaping @Sendable (Scene) async throws -> Void
) async throws {
    try await withGroupServer(kind) { kafka, loops in
        let name = "rebalance-\(UInt32.random(in: 0 ... .max))"
        if let partitions { try await makeTopic(name, partitions: partitions, kafka, on: loops.loops[0]) }
        try await body(Scene(kafka: kafka, loops: loops, topic: name, group: "\(name)-group"))
    }
}

@Suite("A group whose members come and go", .timeLimit(.minutes(3)))
struct RebalanceTests {
    @Test(
        "members that idle past the session after a rebalance keep their shares", arguments: GroupServerKind.available)
    func idle(_ kind: GroupServerKind) async throws {
        try await withScene(kind) { scene in
            let a = scene.member("a").start()
            try await scene.settles(["a": 6])
            let b = scene.member("b").start()
            try await scene.settles(["a": 3, "b": 3])
            try await scene.idlePastTheSession()
            #expect(scene.ledger.counts == ["a": 3, "b": 3])
            #expect(!a.told.contains { $0.hasPrefix("lost") })
            #expect(!b.told.contains { $0.hasPrefix("lost") })
            try await b.leave()
            try await scene.settles(["a": 6])
            try await scene.idlePastTheSession()
            #expect(!a.told.contains { $0.hasPrefix("lost") })
            try await scene.write(300)
            try await eventually("all is read by who is left") { scene.ledger.delivered.count == 300 }
            try await a.leave()
            #expect(scene.ledger.shared.isEmpty)
        }
    }

    @Test("what is held when partitions are revoked can be committed", arguments: GroupServerKind.available)
    func commitWhileRevoking(_ kind: GroupServerKind) async throws {
        try await withScene(kind) { scene in
            try await scene.write(300)
            let a = scene.member("a", work: .milliseconds(700)).start()
            try await eventually("the first records are held") { a.state.withLock { $0.isHolding } }
            let b = scene.member("b").start()
            try await scene.settles(["a": 3, "b": 3])
            #expect(a.state.withLock { $0.whileRevoking.count } == 6, "what is revoked is assigned until it has gone")
            #expect(a.state.withLock { $0.commitErrors.map(\.description) } == [])
            let committed = try await scene.committed()
            #expect(!committed.isEmpty)
            try await eventually("all is read") { scene.ledger.delivered.count == 300 }
            try await b.leave()
            try await a.leave()
            #expect(scene.ledger.delivered.values.allSatisfy { $0 == 1 }, "nothing was read twice")
        }
    }

    @Test("three members share, and one by one leave all to the last", arguments: GroupServerKind.available)
    func three(_ kind: GroupServerKind) async throws {
        try await withScene(kind) { scene in
            let a = scene.member("a").start()
            let b = scene.member("b").start()
            let c = scene.member("c").start()
            try await scene.settles(["a": 2, "b": 2, "c": 2])
            try await scene.idlePastTheSession()
            #expect(scene.ledger.counts == ["a": 2, "b": 2, "c": 2])
            try await a.leave()
            try await scene.settles(["b": 3, "c": 3])
            try await b.leave()
            try await scene.settles(["c": 6])
            try await c.leave()
            #expect(scene.ledger.shared.isEmpty)
        }
    }

    @Test("a member that dies is missed after its session", arguments: GroupServerKind.available)
    func killed(_ kind: GroupServerKind) async throws {
        try await withScene(kind) { scene in
            let a = scene.member("a").start()
            let b = scene.member("b").start()
            try await scene.settles(["a": 3, "b": 3])
            await b.kill()
            #expect(b.told.last?.hasPrefix("lost") == true, "what ends without leaving has lost its partitions")
            try await scene.settles(["a": 6])
            try await a.leave()
        }
    }

    @Test("a member that is closed leaves at once", arguments: GroupServerKind.available)
    func leaves(_ kind: GroupServerKind) async throws {
        try await withScene(kind) { scene in
            let a = GroupTestMember(
                "a", scene.ledger, scene.kafka, group: scene.group, topics: [scene.topic], on: scene.loop,
                sessionTimeout: .seconds(60)
            ).start()
            try await scene.settles(["a": 6])
            try await a.leave()
            let b = scene.member("b").start()
            try await scene.settles(["b": 6], within: .seconds(40))
            try await b.leave()
        }
    }

    @Test("a member that the group threw out joins again", arguments: GroupServerKind.available)
    func thrownOut(_ kind: GroupServerKind) async throws {
        try await withScene(kind) { scene in
            let a = scene.member("a").start()
            try await scene.settles(["a": 6])
            // Somebody else says that it leaves.
            let consumer = try #require(a.consumer)
            try await scene.loop.run {
                let session = try #require(consumer.runner.session)
                let member = session.membership.memberID
                let request = LeaveGroupRequest {
                    $0.groupID = scene.group
                    $0.memberID = member
                    $0.members = [LeaveGroupRequest.MemberIdentity { $0.memberID = member }]
                }
                _ = try await session.coordinator.call(request, limit: 3)
            }
            try await eventually("it is told") { a.told.contains("lost 6") }
            try await scene.settles(["a": 6])
            try await a.leave()
        }
    }

    @Test("a listener that takes too long loses its partitions, and joins again", arguments: GroupServerKind.available)
    func slowListener(_ kind: GroupServerKind) async throws {
        try await withScene(kind) { scene in
            let a = scene.member("a", rebalanceTimeout: .seconds(2)) {
                // Cancelled when the group does not wait any longer.
                try? await scene.loop.sleep(for: .seconds(60))
            }.start()
            try await scene.settles(["a": 6])
            let b = scene.member("b", rebalanceTimeout: .seconds(2)).start()
            try await eventually("it is told") { a.told.contains("lost 6") }
            try await scene.settles(["a": 3, "b": 3])
            #expect(scene.ledger.shared.isEmpty)
            try await b.leave()
            await a.kill()
        }
    }

    @Test("a listener that takes long, and not too long, is waited for", arguments: GroupServerKind.available)
    func patientGroup(_ kind: GroupServerKind) async throws {
        try await withScene(kind) { scene in
            let a = scene.member("a") {
                // Longer than a session: heartbeats go on meanwhile.
                try? await scene.loop.sleep(for: GroupTimes.session * 1.4)
            }.start()
            try await scene.settles(["a": 6])
            let b = scene.member("b").start()
            try await scene.settles(["a": 3, "b": 3])
            #expect(!a.told.contains { $0.hasPrefix("lost") })
            #expect(scene.ledger.shared.isEmpty)
            try await b.leave()
            try await a.leave()
        }
    }

    @Test(
        "a static member that restarts gets its partitions back, and moves nobody's",
        arguments: GroupServerKind.available)
    func staticMember(_ kind: GroupServerKind) async throws {
        try await withScene(kind) { scene in
            let a = scene.member("a", instanceID: "one").start()
            let b = scene.member("b", instanceID: "two").start()
            try await scene.settles(["a": 3, "b": 3])
            let toldBefore = a.told
            try await b.leave()
            let again = scene.member("b", instanceID: "two").start()
            try await scene.settles(["a": 3, "b": 3])
            try await scene.idlePastTheSession()
            #expect(a.told == toldBefore)
            #expect(scene.ledger.counts == ["a": 3, "b": 3])
            // A static member that does not come back is missed after its session.
            try await again.leave()
            try await scene.settles(["a": 6])
            try await a.leave()
        }
    }

    @Test("a topic that is made after its subscribers is read", arguments: GroupServerKind.available)
    func topicMadeLater(_ kind: GroupServerKind) async throws {
        try await withScene(kind, partitions: nil) { scene in
            let a = scene.member("a").start()
            let b = scene.member("b").start()
            try await eventually("both are members") { a.told.last == "assigned 0" && b.told.last == "assigned 0" }
            try await makeTopic(scene.topic, partitions: 6, scene.kafka, on: scene.loop)
            try await scene.settles(["a": 3, "b": 3])
            try await b.leave()
            try await a.leave()
        }
    }
}
