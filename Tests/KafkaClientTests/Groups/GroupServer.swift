import Foundation
import KafkaBroker
import KafkaProtocol
import TestSupport
import Testing
import Transport

@testable import KafkaClient

/// A broker with a group coordinator, for one test: the own one, or Apache Kafka.
enum GroupServerKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case own = "the own broker"
    case apache = "Apache Kafka"

    var testDescription: String { rawValue }

    /// Those that this machine has.
    static var available: [GroupServerKind] { TestKafka.apacheFolder == nil ? [.own] : allCases }
}

/// Times so short that a test can idle past the session, and so long that a broker on a loaded machine answers within.
enum GroupTimes {
    static let session = Duration.seconds(8)
    static let heartbeat = Duration.milliseconds(500)
    static let rebalance = Duration.seconds(40)
}

extension TestKafka {
    /// One Apache Kafka for all tests of groups; it ends with the tests' process.
    private static let shared = Result { try groups() }

    /// Apache Kafka that takes short sessions and begins a group's first generation at once.
    static func groups(nodes: Int = 1) throws -> TestKafka {
        try apache(
            nodes: nodes,
            [
                "--property", "group.min.session.timeout.ms=1000",
                "--property", "group.initial.rebalance.delay.ms=100",
            ])
    }

    static func sharedForGroups() async throws -> TestKafka {
        try await BlockingPool.run { Result { try shared.get() } }.get()
    }
}

/// Runs `body` with a broker.
func withGroupServer(
    _ kind: GroupServerKind, loops count: Int = 1,
    _ body: @escaping @Sendable (KafkaConfiguration, EventLoopGroup) async throws -> Void
) async throws {
    switch kind {
    case .apache:
        let kafka = try await TestKafka.sharedForGroups()
        try await withLoops(count) { group in
            try await body(KafkaConfiguration(brokers: kafka.brokers, clientID: "test"), group)
        }
    case .own:
        let folder = temporaryPath("-groups")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await withLoops(count) { group in
            try await withOwnBroker(folder) { endpoint in
                try await body(KafkaConfiguration(brokers: [endpoint], clientID: "test"), group)
            }
        }
    }
}

/// Runs the own broker in this process while `body` runs.
func withOwnBroker(
    _ folder: String, port: Int = 0, _ body: @escaping @Sendable (Endpoint) async throws -> Void
) async throws {
    var configuration = BrokerConfiguration(dataDirectory: folder, port: port)
    configuration.groupInitialRebalanceDelay = .milliseconds(50)
    let broker = KafkaBroker(configuration: configuration)
    try await withLoops(1) { group in
        let (endpoints, ready) = AsyncStream.makeStream(of: Endpoint.self)
        let serving = Task { try await broker.run(on: group) { ready.yield($0) } }
        defer { ready.finish() }
        do {
            for await endpoint in endpoints {
                try await body(endpoint)
                break
            }
        } catch {
            serving.cancel()
            _ = await serving.result
            throw error
        }
        serving.cancel()
        // Cancelled, which is how it ends.
        _ = await serving.result
    }
}

/// Waits until `condition` holds, longer than a loaded machine takes.
func eventually(
    _ what: String, within limit: Duration = .seconds(60), _ condition: () async throws -> Bool
) async throws {
    try await until(what, within: limit, condition)
}

/// Makes a topic, and waits until it is known.
func makeTopic(_ topic: String, partitions: Int32, _ kafka: KafkaConfiguration, on loop: EventLoop) async throws {
    let admin = KafkaAdmin(kafka, on: loop)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await admin.run() }
        try await admin.createTopics([NewTopic(topic, partitions: partitions)])
        try await eventually("the topic is known") { try await admin.describeTopics([topic])[topic] != nil }
        await admin.close()
        try await tasks.waitForAll()
    }
}
