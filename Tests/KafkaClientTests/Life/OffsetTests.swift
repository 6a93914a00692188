import Bytes
import KafkaProtocol
import Synchronization
import TestSupport
import Testing
import Transport

@testable import KafkaClient

@Suite("Offsets that brokers tell", .timeLimit(.minutes(1)))
struct OffsetTests {
    private let partition = TopicPartition("t", 0)

    @Test(
        "an offset that no log can have is a malformed answer",
        arguments: [-5, .min, 1 << 62 | 1, .max] as [Int64], [OffsetPlace.earliest, .latest])
    func impossible(_ offset: Int64, _ place: OffsetPlace) async throws {
        var behaviour = FakeBroker.Behaviour()
        behaviour.listOffsets = { _, request in .answer(FakeBroker.offsets(request) { _ in offset }) }
        try await withBrokers([behaviour]) { brokers, loop in
            let cluster = Cluster(testConfiguration(brokers), on: loop)
            let running = Ending().of { try await loop.run { await cluster.run() } }
            let error = await #expect(throws: KafkaError.self) {
                try await loop.run { _ = try await cluster.offset(of: partition, at: place) }
            }
            #expect(error?.code == .malformedResponse)
            running.cancel()
        }
    }

    @Test("a time that no record is as late as has offset -1")
    func noneSince() async throws {
        var behaviour = FakeBroker.Behaviour()
        behaviour.listOffsets = { _, request in .answer(FakeBroker.offsets(request) { _ in -1 }) }
        try await withBrokers([behaviour]) { brokers, loop in
            let cluster = Cluster(testConfiguration(brokers), on: loop)
            let running = Ending().of { try await loop.run { await cluster.run() } }
            let offset = try await loop.run { try await cluster.offset(of: partition, at: .time(milliseconds: 5)) }
            #expect(offset == -1)
            running.cancel()
        }
    }

    @Test("the lag is of the numbers that there are, whatever offsets come", arguments: [-1, 0, .min, .max] as [Int64])
    func lag(_ position: Int64) {
        let state = FetchState(partition)
        for end in [Int64.min, -1, 0, 5, .max] {
            state.highWatermark = end
            state.delivered = position
            let records = FetchedRecords(
                partition: partition, topicID: .zero, firstOffset: position, nextOffset: position, highWatermark: end,
                batches: .empty, aborted: [])
            #expect(records.lag >= 0)
            #expect((state.lag ?? 0) >= 0)
            if position == 0, end > 0 {
                #expect(records.lag == end)
                #expect(state.lag == end)
            }
        }
    }

    @Test("an acknowledged offset that no log can have is none", arguments: [.max, .max - 1, 1 << 62 | 1] as [Int64])
    func acknowledged(_ base: Int64) async throws {
        var behaviour = FakeBroker.Behaviour()
        behaviour.produce = { _, request in
            var response = FakeBroker.answer(to: request) { _, _ in .none }
            response.responses[0].partitionResponses[0].baseOffset = base
            return .answer(response)
        }
        try await withBrokers([behaviour]) { brokers, loop in
            let producer = KafkaProducer(ProducerConfiguration(testConfiguration(brokers)), on: loop)
            let running = Ending().of { try await producer.run() }
            try await producer.prepare(topic: "t")
            let offsets = try await loop.run {
                let deliveries = try (0..<3).map { _ in
                    try producer.onLoop.append(topic: "t", key: nil, value: ByteSlice(utf8: "a"))
                }
                var offsets: [Int64] = []
                for delivery in deliveries { offsets.append(try await delivery.acknowledged().offset) }
                return offsets
            }
            #expect(offsets == [-1, -1, -1])
            running.cancel()
        }
    }
}

@Suite("The ends of many partitions", .timeLimit(.minutes(1)))
struct EndOffsetTests {
    private static let partitions = (0..<100).map { TopicPartition("t", $0) }

    private var behaviour: FakeBroker.Behaviour {
        var behaviour = FakeBroker.Behaviour()
        behaviour.topics = ["t": (0..<100).map { $0 % 2 + 1 }]
        behaviour.listOffsets = { _, request in
            .answer(FakeBroker.offsets(request) { Int64($0.partition) * 10 })
        }
        return behaviour
    }

    /// A consumer that has begun to read.
    private func withReading(
        _ body: @escaping @Sendable (KafkaConsumer, [FakeBroker]) async throws -> Void
    ) async throws {
        try await withReader(
            Self.partitions, [behaviour, behaviour], configure: { $0.kafka.callTimeout = .seconds(5) }
        ) { consumer, brokers, loop in
            try await until("it reads", within: .seconds(20)) {
                try await loop.run { consumer.onLoop.assignment.count == 100 }
            }
            try await body(consumer, brokers)
        }
    }

    @Test("they are asked for in one request of each leader")
    func groups() async throws {
        try await withReading { consumer, brokers in
            let before = brokers.map { $0.calls(.listOffsets) }
            let ends = try await consumer.endOffsets()
            #expect(ends.count == 100)
            #expect(ends.allSatisfy { $0.value == Int64($0.key.partition) * 10 })
            #expect(zip(brokers, before).map { $0.calls(.listOffsets) - $1 } == [1, 1])
        }
    }

    @Test("all leaders are asked at once: one that does not answer holds up none")
    func atOnce() async throws {
        try await withReading { consumer, brokers in
            let before = brokers.map { $0.calls(.listOffsets) }
            for broker in brokers { broker.change { $0.listOffsets = { _, _ in .silence } } }
            let asking = Ending().of { _ = try await consumer.endOffsets() }
            try await until("each was asked") {
                zip(brokers, before).allSatisfy { $0.calls(.listOffsets) - $1 == 1 }
            }
            asking.cancel()
        }
    }

    @Test("a partition that is refused is the error, and only what may pass is asked for again")
    func partlyRefused() async throws {
        try await withReading { consumer, brokers in
            let asked = Mutex<[[Int32]]>([])
            brokers[0].change {
                $0.listOffsets = { _, request in
                    let partitions = request.topics.flatMap(\.partitions).map(\.partitionIndex).sorted()
                    let round = asked.withLock { asked in
                        asked.append(partitions)
                        return asked.count
                    }
                    return .answer(
                        FakeBroker.answer(to: request) { partition, answer in
                            answer.offset = 7
                            guard partition.partition == 4 else { return }
                            answer.errorCode = round == 1 ? .notLeaderOrFollower : .topicAuthorizationFailed
                        })
                }
            }
            let error = await #expect(throws: KafkaError.self) { _ = try await consumer.endOffsets() }
            #expect(error?.serverCode == .topicAuthorizationFailed)
            #expect(error?.partition == 4)
            #expect(asked.withLock { $0.dropFirst() } == [[4]])
        }
    }
}
