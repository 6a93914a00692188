import Bytes
import KafkaProtocol
import Synchronization
import Testing
import Transport

@testable import KafkaClient

private final class Load: Sendable {
    let isOver = Atomic(false)
    let acknowledged = Mutex<[Int]>([])
}

@Suite("A cluster that breaks under load", .serialized)
struct FaultTests {
    @Test(
        "brokers that die, freeze and come back: nothing lost, nothing twice, order kept",
        .enabled(if: TestKafka.apacheFolder != nil, "\(TestKafka.apacheIsMissing)"))
    func brokersFail() async throws {
        let kafka = try TestKafka.apache(nodes: 3)
        defer { kafka.stop() }
        let group = try EventLoopGroup(loops: 1)
        let loop = group.next()
        var configuration = KafkaConfiguration(brokers: kafka.brokers, clientID: "test")
        configuration.requestTimeout = .seconds(4)
        let topic = "faults"
        let admin = KafkaAdmin(configuration, on: loop)
        var producing = ProducerConfiguration(configuration)
        producing.batchBytes = 16 << 10
        let producer = KafkaProducer(producing, on: loop)
        let load = Load()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await admin.run() }
            tasks.addTask { try await producer.run() }
            try await admin.createTopics([NewTopic(topic, partitions: 6)])
            tasks.addTask {
                try await loop.run {
                    try await producer.prepare(topic: topic)
                    var number = 0
                    var pending: [(Int, Delivery)] = []
                    while !load.isOver.load(ordering: .relaxed) {
                        for _ in 0..<20 {
                            let delivery = try producer.onLoop.append(
                                topic: topic, key: ByteSlice(utf8: "\(number % 50)"),
                                value: ByteSlice(utf8: "\(number)"))
                            pending.append((number, delivery))
                            number += 1
                        }
                        try await loop.sleep(for: .milliseconds(2))
                    }
                    for (number, delivery) in pending {
                        _ = try await delivery.acknowledged()
                        load.acknowledged.withLock { $0.append(number) }
                    }
                }
            }
            for command in ["kill 2", "start 2", "pause 3", "resume 3", "kill 1", "start 1"] {
                try await kafka.command(command)
                try await loop.run { try await loop.sleep(for: .seconds(6)) }
            }
            load.isOver.store(true, ordering: .relaxed)
            try await producer.flush()
            await producer.close()
            await admin.close()
            try await tasks.waitForAll()
        }
        let sent = load.acknowledged.withLock { $0 }
        #expect(sent.count > 10_000)
        try await expectEach(sent, in: topic, partitions: 6, configuration, on: loop)
        await group.shutdown()
    }
}

/// Reads a topic from its beginning to its end, and expects each number once, in order within its key.
func expectEach(
    _ numbers: [Int], in topic: String, partitions: Int32, _ configuration: KafkaConfiguration, on loop: EventLoop
) async throws {
    let source = ConsumerConfiguration.Source.partitions(
        (0..<partitions).map { TopicPartition(topic, $0) }, group: nil)
    let consumer = KafkaConsumer(ConsumerConfiguration(configuration, source: source), on: loop)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await consumer.run() }
        var counts: [Int: Int] = [:]
        var last: [ByteSlice: Int] = [:]
        var disorder = 0
        while counts.count < numbers.count, let records = try await consumer.next(wait: .seconds(10)) {
            try records.forEach { record in
                let number = Int(record.value?.utf8 ?? "") ?? -1
                let key = record.key ?? .empty
                if last[key, default: -1] >= number { disorder += 1 }
                last[key] = number
                counts[number, default: 0] += 1
            }
        }
        // What comes now would be there twice.
        while let records = try await consumer.next(wait: .seconds(1)) {
            try records.forEach { counts[Int($0.value?.utf8 ?? "") ?? -1, default: 0] += 1 }
        }
        #expect(disorder == 0)
        #expect(counts.values.allSatisfy { $0 == 1 })
        #expect(Set(counts.keys) == Set(numbers))
        await consumer.close()
        try await tasks.waitForAll()
    }
}
