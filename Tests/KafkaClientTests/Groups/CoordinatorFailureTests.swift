import Foundation
import KafkaProtocol
import TestSupport
import Testing
import Transport

@testable import KafkaClient

@Suite("A group whose coordinator fails", .serialized, .timeLimit(.minutes(4)))
struct CoordinatorFailureTests {
    private func start(
        _ ledger: GroupLedger, _ kafka: KafkaConfiguration, _ topic: String, on loop: EventLoop
    ) -> [GroupTestMember] {
        ["a", "b"].map { GroupTestMember($0, ledger, kafka, group: topic, topics: [topic], on: loop).start() }
    }

    private func settles(_ ledger: GroupLedger, within limit: Duration = .seconds(60)) async throws {
        try await eventually("each has half", within: limit) {
            ledger.counts.filter { $0.value > 0 } == ["a": 3, "b": 3]
        }
    }

    @Test("the own broker restarts: the members join again, and read on where they were")
    func ownBrokerRestarts() async throws {
        let folder = temporaryPath("-coordinator")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await withLoops(1) { group in
            let loop = group.loops[0]
            let ledger = GroupLedger()
            let topic = "restart"
            let (port, members) = try await ownBroker(folder, port: 0) { endpoint -> (Int, [GroupTestMember]) in
                let kafka = KafkaConfiguration(brokers: [endpoint], clientID: "test")
                try await makeTopic(topic, partitions: 6, kafka, on: loop)
                let members = start(ledger, kafka, topic, on: loop)
                try await settles(ledger)
                try await NumberWriter().run(to: topic, kafka, on: loop, pause: .zero, limit: 100)
                try await eventually("all is read") { ledger.delivered.count == 100 }
                return (endpoint.port ?? 0, members)
            }
            // Long enough for the members to notice that they are on their own.
            try await loop.run { try await loop.sleep(for: GroupTimes.session * 1.4) }
            #expect(ledger.counts.values.allSatisfy { $0 == 0 }, "nobody may rely on what it had")
            try await ownBroker(folder, port: port) { endpoint -> Void in
                let kafka = KafkaConfiguration(brokers: [endpoint], clientID: "test")
                try await settles(ledger)
                let before = Set(ledger.delivered.keys)
                try await NumberWriter().run(to: topic, kafka, on: loop, pause: .zero, limit: 200)
                try await eventually("all is read") { ledger.delivered.count == 200 && before.count == 100 }
                for member in members { try await member.leave() }
            }
        }
    }

    private func ownBroker<Result: Sendable>(
        _ folder: String, port: Int, _ body: @escaping @Sendable (Endpoint) async throws -> Result
    ) async throws -> Result {
        let results = AsyncStream.makeStream(of: Result.self)
        try await withOwnBroker(folder, port: port) { results.continuation.yield(try await body($0)) }
        for await result in results.stream { return result }
        throw TestFailure("the broker did not run")
    }

    @Test(
        "Apache Kafka's coordinator freezes: another takes over, and goes on with the members",
        .enabled(if: TestKafka.apacheFolder != nil, "\(TestKafka.apacheIsMissing)"))
    func coordinatorFreezes() async throws {
        let cluster = try await BlockingPool.run { Result { try TestKafka.groups(nodes: 3) } }.get()
        defer { cluster.stop() }
        try await withLoops(1) { group in
            let loop = group.loops[0]
            var kafka = KafkaConfiguration(brokers: cluster.brokers, clientID: "test")
            kafka.requestTimeout = .seconds(5)
            let topic = "freeze"
            try await makeTopic(topic, partitions: 6, kafka, on: loop)
            let ledger = GroupLedger()
            let members = start(ledger, kafka, topic, on: loop)
            try await settles(ledger)
            let consumer = try #require(members[0].consumer)
            let node = try await loop.run {
                let request = FindCoordinatorRequest {
                    $0.key = topic
                    $0.coordinatorKeys = [topic]
                }
                let response = try await consumer.core.cluster.callAny(request)
                return response.coordinators.first?.nodeID ?? response.nodeID
            }
            try await cluster.command("pause \(node)")
            // Longer than a member keeps its partitions unheard.
            try await loop.run { try await loop.sleep(for: GroupTimes.session * 1.4) }
            try await settles(ledger, within: .seconds(90))
            try await cluster.command("resume \(node)")
            try await loop.run { try await loop.sleep(for: GroupTimes.session * 1.4) }
            try await settles(ledger)
            let writing = NumberWriter()
            try await writing.run(to: topic, kafka, on: loop, pause: .zero, limit: 200)
            try await eventually("all is read") { ledger.delivered.count == 200 }
            for member in members { try await member.leave() }
        }
    }

    @Test(
        "a member closes within its time while its broker is frozen",
        .enabled(if: TestKafka.apacheFolder != nil, "\(TestKafka.apacheIsMissing)"))
    func closesWhileFrozen() async throws {
        let cluster = try await BlockingPool.run { Result { try TestKafka.groups() } }.get()
        defer { cluster.stop() }
        try await withLoops(1) { group in
            let loop = group.loops[0]
            let kafka = KafkaConfiguration(brokers: cluster.brokers, clientID: "test")
            try await makeTopic("t", partitions: 6, kafka, on: loop)
            let ledger = GroupLedger()
            let members = start(ledger, kafka, "t", on: loop)
            try await settles(ledger)
            try await NumberWriter().run(to: "t", kafka, on: loop, pause: .zero, limit: 100)
            try await eventually("all is read") { ledger.delivered.count == 100 }
            try await cluster.command("pause 1")
            // Its listener's commit is cut off by the session's end, and leaving takes five seconds: no broker is needed.
            for member in members { try await member.leave() }
            try await cluster.command("resume 1")
        }
    }
}
