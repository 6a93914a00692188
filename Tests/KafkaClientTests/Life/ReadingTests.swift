import Bytes
import KafkaProtocol
import TestSupport
import Testing
import Transport

@testable import KafkaClient

/// A topic that no other test's lines in the log name.
private func topicName(_ prefix: String) -> String { "\(prefix)-\(UInt32.random(in: 0 ... .max))" }

/// A consumer of given partitions, while `body` runs.
func withReader(
    _ partitions: [TopicPartition], _ behaviours: [FakeBroker.Behaviour],
    configure: @escaping @Sendable (inout ConsumerConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (KafkaConsumer, [FakeBroker], EventLoop) async throws -> Void
) async throws {
    try await withBrokers(behaviours) { brokers, loop in
        let listed = brokers.enumerated().map { FakeBroker.Listed(id: Int32($0.offset) + 1, port: $0.element.port) }
        for broker in brokers { broker.change { $0.brokers = listed } }
        var configuration = ConsumerConfiguration(
            testConfiguration(brokers), source: .partitions(partitions, group: nil))
        configure(&configuration)
        let consumer = KafkaConsumer(configuration, on: loop)
        let running = Ending().of { try await consumer.run() }
        defer { running.cancel() }
        try await body(consumer, brokers, loop)
    }
}

@Suite("Fetching", .timeLimit(.minutes(1)))
struct ReadingTests {
    @Test("a buffer that is full lets no broker starve once it has room again")
    func starves() async throws {
        var behaviour = FakeBroker.Behaviour()
        behaviour.topics = ["t": [1, 2]]
        behaviour.fetch = FakeBroker.endless(bytes: 1_000)
        let partitions = [TopicPartition("t", 0), TopicPartition("t", 1)]
        try await withReader(partitions, [behaviour, behaviour], configure: { $0.prefetchBytes = 1_000 }) {
            consumer, _, _ in
            var counts: [Int32: Int] = [:]
            for _ in 0..<2_000 {
                guard let records = try await consumer.next(wait: .seconds(10)) else { break }
                counts[records.partition.partition, default: 0] += 1
            }
            #expect(counts[0, default: 0] > 200)
            #expect(counts[1, default: 0] > 200)
        }
    }

    @Test("where fetches and ListOffsets disagree of what is in the log, they are not asked as fast as they answer")
    func disagrees() async throws {
        var behaviour = FakeBroker.Behaviour()
        behaviour.fetch = { _, request in
            .answer(FakeBroker.answer(to: request) { _, _, data in data.errorCode = .offsetOutOfRange })
        }
        let slow = Backoff(first: .seconds(50), limit: .seconds(50))
        try await withReader([TopicPartition("t", 0)], [behaviour], configure: { $0.kafka.retryBackoff = slow }) {
            _, brokers, loop in
            try await until("it was looked up where to go on") { brokers[0].calls(.listOffsets) >= 2 }
            try await loop.run { try await loop.sleep(for: .milliseconds(300)) }
            #expect(brokers[0].calls(.fetch) == 1)
        }
    }

    @Test("bytes without a whole batch in them, time and again: one warning says so")
    func bringsNothingWhole() async throws {
        LogCapture.start()
        let topic = topicName("stalled")
        var behaviour = FakeBroker.Behaviour()
        behaviour.topics = [topic: [1]]
        behaviour.fetch = { _, request in
            .answer(
                try FakeBroker.answer(to: request) { _, offset, data in
                    data.highWatermark = 10
                    data.records = try FakeBroker.batch(at: offset, bytes: 1_000).prefix(500)
                })
        }
        try await withReader([TopicPartition(topic, 0)], [behaviour]) { _, brokers, _ in
            try await until("it was asked often", within: .seconds(20)) { brokers[0].calls(.fetch) >= 12 }
            let lines = LogCapture.lines("kafka.consumer", naming: topic)
            #expect(lines.count == 1)
        }
    }

    /// A broker whose partitions have a record at each offset.
    private static var endless: FakeBroker.Behaviour {
        var behaviour = FakeBroker.Behaviour()
        behaviour.fetch = FakeBroker.endless(bytes: 100)
        return behaviour
    }

    @Test("a partition that is paused stays so where it is sought elsewhere, and goes on from there when it is resumed")
    func seeksPaused() async throws {
        var behaviour = Self.endless
        behaviour.topics = ["t": [1, 1]]
        let (paused, other) = (TopicPartition("t", 0), TopicPartition("t", 1))
        try await withReader([paused, other], [behaviour]) { consumer, _, _ in
            while try await consumer.next(wait: .seconds(10))?.partition != paused {}
            try await consumer.pause([paused])
            try await consumer.seek(paused, to: 500)
            for _ in 0..<50 {
                #expect(try await consumer.next(wait: .seconds(10))?.partition == other)
            }
            try await consumer.resume([paused])
            while let records = try await consumer.next(wait: .seconds(10)) {
                guard records.partition == paused else { continue }
                #expect(records.firstOffset == 500)
                break
            }
        }
    }

    @Test("the end is behind the newest record that may be read, so that no open transaction is passed over")
    func latestCommitted() async throws {
        for isolation in [ConsumerConfiguration.Isolation.readCommitted, .readUncommitted] {
            var behaviour = Self.endless
            behaviour.listOffsets = { _, request in
                .answer(FakeBroker.offsets(request) { _ in request.isolationLevel == 1 ? 40 : 50 })
            }
            try await withReader(
                [TopicPartition("t", 0)], [behaviour],
                configure: {
                    $0.offsetReset = .latest
                    $0.isolation = isolation
                }
            ) { consumer, _, _ in
                let first = try await consumer.next(wait: .seconds(10))?.firstOffset
                #expect(first == (isolation == .readCommitted ? 40 : 50))
            }
        }
    }

    @Test(
        "a topic that was made again under the same name is read as a new one, whatever offset was read of the old one")
    func madeAgain() async throws {
        try await withReader([TopicPartition("t", 0)], [Self.endless]) { consumer, brokers, _ in
            while let records = try await consumer.next(wait: .seconds(10)), records.firstOffset < 100 {}
            brokers[0].change { $0.making = 2 }
            // Its metadata is asked for where a broker says that something is not as it was.
            brokers[0].change {
                $0.fetch = { broker, request in
                    broker.change { $0.fetch = Self.endless.fetch }
                    return .answer(
                        FakeBroker.answer(to: request) { _, _, data in data.errorCode = .unknownTopicID })
                }
            }
            while let records = try await consumer.next(wait: .seconds(10)) {
                guard records.firstOffset < 100 else { continue }
                #expect(records.firstOffset == 0)
                #expect(records.topicID.high == 2)
                return
            }
            Issue.record("nothing of the new topic came")
        }
    }
}
