import Bytes
import Foundation
import KafkaProtocol
import Synchronization
import TestSupport
import Testing
import Transport

@testable import KafkaClient

/// A producer with transactions that runs while `body` does.
private func withProducer(
    _ id: String, _ kafka: KafkaConfiguration, on loop: EventLoop, linger: Duration = .milliseconds(1),
    _ body: @escaping @Sendable (KafkaProducer) async throws -> Void
) async throws {
    var configuration = ProducerConfiguration(kafka)
    configuration.transactionalID = id
    configuration.linger = linger
    configuration.deliveryTimeout = .seconds(30)
    let producer = KafkaProducer(configuration, on: loop)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await producer.run() }
        do {
            try await body(producer)
        } catch {
            tasks.cancelAll()
            throw error
        }
        await producer.close(until: .after(.seconds(10)))
        try await tasks.waitForAll()
    }
}

/// All that readers of committed records see of a topic.
private func committed(
    _ topic: String, partitions: Int32, _ kafka: KafkaConfiguration, on loop: EventLoop
) async throws -> [String] {
    var configuration = ConsumerConfiguration(
        kafka, source: .partitions((0..<partitions).map { TopicPartition(topic, $0) }, group: nil))
    configuration.fetchMaxWait = .milliseconds(50)
    let consumer = KafkaConsumer(configuration, on: loop)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await consumer.run() }
        var values: [String] = []
        try await eventually("reading begins") { await consumer.positions.count == Int(partitions) }
        let ends = try await consumer.endOffsets()
        while await consumer.positions.contains(where: { $0.value < ends[$0.key] ?? 0 }) {
            guard let records = try await consumer.next(wait: .milliseconds(200)) else {
                // What is left are markers: they are passed over without being given out.
                if await consumer.lag.values.allSatisfy({ $0 <= 1 }) { break }
                continue
            }
            try records.forEach { values.append($0.value?.utf8 ?? "") }
        }
        await consumer.close()
        try await tasks.waitForAll()
        return values
    }
}

private func text(_ text: String) -> ByteSlice { ByteSlice(utf8: text) }

@Suite(
    "Transactions with Apache Kafka",
    .enabled(if: TestKafka.apacheFolder != nil, "\(TestKafka.apacheIsMissing)"), .timeLimit(.minutes(3)))
struct TransactionTests {
    @Test("readers of committed records see all of a committed transaction, and nothing of an aborted one")
    func visible() async throws {
        try await withGroupServer(.apache) { kafka, loops in
            let loop = loops.loops[0]
            let topic = "transactions-\(UInt32.random(in: 0 ... .max))"
            try await makeTopic(topic, partitions: 3, kafka, on: loop)
            try await withProducer(topic, kafka, on: loop) { producer in
                await #expect(throws: KafkaError.self, "outside of a transaction") {
                    _ = try await producer.send(topic: topic, key: text("a"), value: text("outside"))
                }
                for number in 0..<30 {
                    do {
                        try await producer.withTransaction {
                            for part in 0..<4 {
                                _ = try await producer.send(
                                    topic: topic, key: text("\(part)"), value: text("\(number)/\(part)"))
                            }
                            if number % 3 == 1 { throw TestFailure("on purpose") }
                        }
                    } catch is TestFailure {}
                }
                // What waits to be sent when it is aborted is never sent.
                try await producer.beginTransaction()
                let delivery = try await producer.enqueue(topic: topic, key: text("a"), value: text("waiting"))
                try await producer.abortTransaction()
                let error = await #expect(throws: KafkaError.self) { _ = try await delivery.acknowledged() }
                #expect(error?.code == .transactionFailed)
            }
            let expected = (0..<30).filter { $0 % 3 != 1 }.flatMap { number in (0..<4).map { "\(number)/\($0)" } }
            let seen = try await committed(topic, partitions: 3, kafka, on: loop)
            #expect(seen.sorted() == expected.sorted())
        }
    }

    @Test("a second producer of the same transactional id fences the first one off, whose open transaction is aborted")
    func fencing() async throws {
        try await withGroupServer(.apache) { kafka, loops in
            let loop = loops.loops[0]
            let topic = "transactions-\(UInt32.random(in: 0 ... .max))"
            try await makeTopic(topic, partitions: 1, kafka, on: loop)
            try await withProducer(topic, kafka, on: loop) { old in
                try await old.beginTransaction()
                _ = try await old.send(topic: topic, key: nil, value: text("old"))
                try await withProducer(topic, kafka, on: loop) { new in
                    try await new.withTransaction {
                        _ = try await new.send(topic: topic, key: nil, value: text("new"))
                    }
                }
                let error = await #expect(throws: KafkaError.self) { try await old.commitTransaction() }
                #expect(error?.code == .fenced)
                let next = await #expect(throws: KafkaError.self) { try await old.beginTransaction() }
                #expect(next?.code == .fenced)
            }
            let seen = try await committed(topic, partitions: 1, kafka, on: loop)
            #expect(seen == ["new"])
        }
    }

    @Test("what is read, written and committed in transactions is there once, whoever ends in the middle of one")
    func exactlyOnce() async throws {
        try await withGroupServer(.apache) { kafka, loops in
            let loop = loops.loops[0]
            let source = "transactions-\(UInt32.random(in: 0 ... .max))"
            let target = source + "-out"
            for topic in [source, target] { try await makeTopic(topic, partitions: 2, kafka, on: loop) }
            let count = 400
            try await NumberWriter().run(to: source, kafka, on: loop, pause: .zero, limit: count)
            let done = Atomic(0)
            // Each life ends after a while, some without a word: the next one, of the same transactional id, goes on.
            for life in 0..<40 where done.load(ordering: .relaxed) < count {
                var configuration = ConsumerConfiguration(kafka, source: .group(source, topics: [source]))
                configuration.sessionTimeout = .seconds(2)
                configuration.heartbeatInterval = .milliseconds(300)
                configuration.fetchMaxWait = .milliseconds(50)
                configuration.fetchMaxPartitionBytes = 700
                let consumer = KafkaConsumer(configuration, on: loop)
                let lives = 3 + life % 5
                try? await withProducer(source, kafka, on: loop) { producer in
                    try await withThrowingTaskGroup(of: Void.self) { tasks in
                        tasks.addTask { try await consumer.run() }
                        for step in 0..<lives {
                            guard let records = try await consumer.next(wait: .seconds(10)),
                                let member = await consumer.groupMetadata
                            else { break }
                            var values: [ByteSlice] = []
                            try records.forEach { if let value = $0.value { values.append(value) } }
                            let found = values
                            try await producer.withTransaction {
                                for value in found {
                                    _ = try await producer.enqueue(topic: target, key: value, value: value)
                                }
                                try await producer.sendOffsets([records.partition: records.nextOffset], of: member)
                                if life % 2 == 0, step == lives - 1 { throw TestFailure("dies") }
                            }
                            done.add(found.count, ordering: .relaxed)
                        }
                        if life % 2 == 1 { await consumer.close() } else { tasks.cancelAll() }
                        try? await tasks.waitForAll()
                    }
                }
            }
            let seen = try await committed(target, partitions: 2, kafka, on: loop)
            #expect(seen.compactMap(Int.init).sorted() == Array(0..<count))
        }
    }
}

@Suite("Transactions with a broker that has none", .timeLimit(.minutes(1)))
struct NoTransactionTests {
    @Test("are refused in words, and soon")
    func refused() async throws {
        try await withGroupServer(.own) { kafka, loops in
            let loop = loops.loops[0]
            try await makeTopic("t", partitions: 1, kafka, on: loop)
            try await withProducer("id", kafka, on: loop) { producer in
                let error = await #expect(throws: KafkaError.self) { try await producer.beginTransaction() }
                #expect(error?.code == .unsupportedVersion || error?.code == .server, "\(String(describing: error))")
            }
        }
    }

    @Test("a producer without a transactional id has none")
    func without() async throws {
        try await withLoops(1) { loops in
            let producer = KafkaProducer(
                ProducerConfiguration(KafkaConfiguration(brokers: [], clientID: "test")), on: loops.loops[0])
            let error = await #expect(throws: KafkaError.self) { try await producer.beginTransaction() }
            #expect(error?.code == .configuration)
        }
    }
}
