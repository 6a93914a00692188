import Bytes
import KafkaProtocol
import TestSupport
import Testing
import Transport

@testable import KafkaClient

private func member(_ id: String, _ topics: [String]) throws -> JoinGroupResponse.Member {
    let metadata = try ConsumerProtocolSubscription { $0.topics = topics }.encoded(version: 0)
    return JoinGroupResponse.Member {
        $0.memberID = id
        $0.metadata = metadata
    }
}

/// A coordinator whose group has this member as its leader, and others.
private func leading(_ others: [JoinGroupResponse.Member]) throws -> FakeBroker.Reply {
    let members = try [member("me", ["t"])] + others
    return .answer(
        JoinGroupResponse {
            $0.memberID = "me"
            $0.generationID = 1
            $0.leader = "me"
            $0.protocolName = "range"
            $0.members = members
        })
}

@Suite("Topics that are followed", .timeLimit(.minutes(1)))
struct FollowingTests {
    @Test("a look-up that fails does not take the consumer's own topic with it: it is known once it is there")
    func ownTopic() async throws {
        var behaviour = FakeBroker.Behaviour()
        behaviour.topics = [:]
        behaviour.unknown = ["t"]
        try await withBrokers([behaviour]) { brokers, loop in
            var configuration = testConfiguration(brokers)
            configuration.callTimeout = .seconds(20)
            configuration.metadataMaxAge = .milliseconds(200)
            let cluster = Cluster(configuration, on: loop)
            let running = Ending().of { try await loop.run { await cluster.run() } }
            let error = await #expect(throws: KafkaError.self) {
                try await loop.run {
                    cluster.follow(["t"])
                    _ = try await cluster.topic("t")
                }
            }
            #expect(error?.code == .unknownTopic)
            brokers[0].change {
                $0.topics = ["t": [1]]
                $0.unknown = []
            }
            try await until("it is known") { try await loop.run { cluster.metadata.topics["t"] != nil } }
            running.cancel()
        }
    }

    @Test("a group's leader follows what others read for as long as they are in the group")
    func others() async throws {
        var behaviour = FakeBroker.Behaviour()
        behaviour.topics = ["t": [1], "x": [1]]
        behaviour.join = try leading([member("other", ["x"])])
        behaviour.sync = .answer(SyncGroupResponse())
        behaviour.heartbeat = .answer(HeartbeatResponse())
        try await withBrokers([behaviour]) { brokers, loop in
            var configuration = ConsumerConfiguration(
                testConfiguration(brokers), source: .group("g", topics: ["t"]))
            configuration.heartbeatInterval = .milliseconds(50)
            let consumer = KafkaConsumer(configuration, on: loop)
            let running = Ending().of { try await consumer.run() }
            let cluster = consumer.core.cluster
            try await until("both are known") { try await loop.run { cluster.metadata.topics.count == 2 } }
            try await until("it is a member") { brokers[0].calls(.heartbeat) > 0 }
            let alone = try leading([])
            brokers[0].change {
                $0.join = alone
                $0.heartbeat = .answer(HeartbeatResponse { $0.errorCode = .rebalanceInProgress })
            }
            try await until("it follows its own alone", within: .seconds(20)) {
                try await loop.run { cluster.wanted == ["t"] && cluster.metadata.topics.keys.sorted() == ["t"] }
            }
            running.cancel()
        }
    }
}
