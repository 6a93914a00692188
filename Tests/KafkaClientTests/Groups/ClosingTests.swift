import Bytes
import KafkaProtocol
import Synchronization
import TestSupport
import Testing
import Transport

@testable import KafkaClient

/// Who the coordinator counts on.
private func memberCount(_ group: String, _ kafka: KafkaConfiguration, on loop: EventLoop) async throws -> Int {
    let admin = KafkaAdmin(kafka, on: loop)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await admin.run() }
        let count = try await loop.run {
            let request = DescribeGroupsRequest { $0.groups = [group] }
            let coordinator = Coordinator(group: group, cluster: admin.cluster)
            return try await coordinator.call(request, limit: 4).groups.first?.members.count ?? 0
        }
        await admin.close()
        try await tasks.waitForAll()
        return count
    }
}

/// What a task failed with.
private func failure(of task: Task<Void, any Error>) async -> KafkaError? {
    do {
        try await task.value
        return nil
    } catch {
        return error as? KafkaError
    }
}

/// Runs `body` with a server that takes what comes and never answers.
private func withSilentServer(
    _ body: @escaping @Sendable (KafkaConfiguration, EventLoop) async throws -> Void
) async throws {
    try await withServer { stream in
        let buffer = ReceiveBuffer()
        // Ends with the connection, whichever way.
        while let count = try? await stream.read(into: buffer), count > 0 { buffer.consume(buffer.count) }
    } _: { listener, loop in
        try await body(KafkaConfiguration(brokers: [listener.localEndpoint], clientID: "test"), loop)
    }
}

@Suite("A consumer that closes or fails", .timeLimit(.minutes(2)))
struct ClosingTests {
    @Test("closing while the group rebalances ends soon, and leaves", arguments: GroupServerKind.available)
    func whileJoining(_ kind: GroupServerKind) async throws {
        try await withGroupServer(kind) { kafka, loops in
            let loop = loops.loops[0]
            let topic = "closing-\(UInt32.random(in: 0 ... .max))"
            try await makeTopic(topic, partitions: 2, kafka, on: loop)
            let ledger = GroupLedger()
            let isRevoking = Gate()
            let mayFinish = Gate()
            let a = GroupTestMember(
                "a", ledger, kafka, group: topic, topics: [topic], on: loop, rebalanceTimeout: .seconds(110),
                sessionTimeout: .seconds(30)
            ) {
                isRevoking.open()
                await mayFinish.wait()
            }.start()
            try await eventually("a has all") { a.count == 2 }
            let b = GroupTestMember(
                "b", ledger, kafka, group: topic, topics: [topic], on: loop, rebalanceTimeout: .seconds(110),
                sessionTimeout: .seconds(30)
            ).start()
            await isRevoking.wait()
            // Its JoinGroup is held back until the other has finished.
            try await eventually("both are counted on") { try await memberCount(topic, kafka, on: loop) == 2 }
            try await b.leave()
            #expect(a.told.last == "revoking 2", "the rebalance was not waited for")
            #expect(try await memberCount(topic, kafka, on: loop) == 1)
            mayFinish.open()
            try await eventually("a has all again") {
                a.told.suffix(2) == ["revoking 2", "assigned 2"]
            }
            try await a.leave()
            #expect(try await memberCount(topic, kafka, on: loop) == 0)
        }
    }

    @Test("closing ends soon where the broker never answers")
    func silentBroker() async throws {
        try await withSilentServer { kafka, loop in
            let member = GroupTestMember("a", GroupLedger(), kafka, group: "g", topics: ["t"], on: loop).start()
            try await loop.sleep(for: .milliseconds(200))
            try await member.leave()
        }
    }

    @Test("a cancelled task that closes does not wait, and holds up nobody")
    func cancelledClose() async throws {
        try await withSilentServer { kafka, loop in
            let member = GroupTestMember("a", GroupLedger(), kafka, group: "g", topics: ["t"], on: loop).start()
            try await loop.sleep(for: .milliseconds(200))
            let consumer = try #require(member.consumer)
            let closing = Task {
                while !Task.isCancelled { await Task.yield() }
                await consumer.close()
            }
            closing.cancel()
            await closing.value
            try await member.end()
        }
    }

    @Test("closing does not wait for the answer to a heartbeat")
    func heartbeatHangs() async throws {
        var behaviour = FakeBroker.Behaviour()
        behaviour.join = .answer(
            JoinGroupResponse {
                $0.memberID = "me"
                $0.generationID = 1
                $0.leader = "other"
            })
        behaviour.sync = .answer(SyncGroupResponse())
        try await withBrokers([behaviour]) { brokers, loop in
            var configuration = ConsumerConfiguration(
                testConfiguration(brokers), source: .group("g", topics: ["t"]))
            configuration.sessionTimeout = .seconds(200)
            configuration.heartbeatInterval = .milliseconds(50)
            configuration.kafka.requestTimeout = .seconds(100)
            let consumer = KafkaConsumer(configuration, on: loop)
            let end = Ending()
            end.of { try await consumer.run() }
            try await eventually("a heartbeat is sent") { brokers[0].calls(.heartbeat) > 0 }
            let closing = Ending()
            closing.of { await consumer.close() }
            try await eventually("it is closed", within: .seconds(20)) { closing.text != nil }
            #expect(end.text == "returned")
            #expect(brokers[0].calls(.leaveGroup) == 1)
        }
    }

    @Test("a JoinGroup whose connection is retired goes to the broker's new address, and ends nothing")
    func retiredConnection() async throws {
        try await withBrokers([.init(), .init()]) { brokers, loop in
            for broker in brokers { broker.change { $0.brokers = [.init(id: 1, port: brokers[0].port)] } }
            let kafka = testConfiguration(brokers)
            let consumer = KafkaConsumer(ConsumerConfiguration(kafka, source: .group("g", topics: ["t"])), on: loop)
            let end = Ending()
            let running = end.of { try await consumer.run() }
            try await eventually("it asks to join") { brokers[0].calls(.joinGroup) == 1 }
            for broker in brokers { broker.change { $0.brokers = [.init(id: 1, port: brokers[1].port)] } }
            try await loop.run { consumer.core.cluster.wantsRefresh() }
            try await eventually("it asks at the new address") { brokers[1].calls(.joinGroup) == 1 }
            #expect(end.text == nil)
            running.cancel()
        }
    }

    @Test("a consumer that was closed before it ran ends at once")
    func closedBefore() async throws {
        try await withSilentServer { kafka, loop in
            let consumer = KafkaConsumer(
                ConsumerConfiguration(kafka, source: .group("g", topics: ["t"])), on: loop)
            await consumer.close()
            try await consumer.run()
            await #expect(throws: KafkaError.self) { try await consumer.next(wait: .zero) }
        }
    }

    @Test(
        "a reader that fails for good ends the run with the reason, and leaves the group",
        arguments: GroupServerKind.available)
    func fails(_ kind: GroupServerKind) async throws {
        try await withGroupServer(kind) { kafka, loops in
            let loop = loops.loops[0]
            let topic = "failing-\(UInt32.random(in: 0 ... .max))"
            try await makeTopic(topic, partitions: 2, kafka, on: loop)
            // An offset that is not in the log, and nothing that says where to go on.
            let partition = TopicPartition(topic, 0)
            let committer = KafkaConsumer(
                ConsumerConfiguration(kafka, source: .partitions([partition], group: topic)), on: loop)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await committer.run() }
                try await committer.commit([partition: 1_000, TopicPartition(topic, 1): 0])
                await committer.close()
                try await tasks.waitForAll()
            }
            var configuration = ConsumerConfiguration(kafka, source: .group(topic, topics: [topic]))
            configuration.offsetReset = .fail
            configuration.sessionTimeout = .seconds(60)
            let consumer = KafkaConsumer(configuration, on: loop)
            let reading: Task<Void, any Error> = Task {
                while true { _ = try await consumer.next(wait: .seconds(1)) }
            }
            let running = Task { try await consumer.run() }
            #expect(await failure(of: running)?.code == .offsetOutOfRange)
            #expect(await failure(of: reading)?.code == .offsetOutOfRange)
            #expect(try await memberCount(topic, kafka, on: loop) == 0)
        }
    }

    @Test("given partitions, too: what fails for good ends the run", arguments: GroupServerKind.available)
    func givenPartitionsFail(_ kind: GroupServerKind) async throws {
        try await withGroupServer(kind) { kafka, loops in
            let loop = loops.loops[0]
            let topic = "failing-\(UInt32.random(in: 0 ... .max))"
            try await makeTopic(topic, partitions: 1, kafka, on: loop)
            var configuration = ConsumerConfiguration(
                kafka, source: .partitions([TopicPartition(topic, 0)], group: nil))
            let consumer = KafkaConsumer(configuration, on: loop)
            configuration.offsetReset = .fail
            let running = Task { try await consumer.run() }
            try await eventually("it reads") { try await loop.run { !consumer.onLoop.assignment.isEmpty } }
            try await loop.run { consumer.core.fail(KafkaError(.malformedResponse, "broken for good")) }
            #expect(await failure(of: running)?.code == .malformedResponse)
        }
    }
}
