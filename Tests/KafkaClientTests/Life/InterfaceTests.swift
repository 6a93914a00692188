import Bytes
import KafkaProtocol
import Synchronization
import TestSupport
import Testing
import Transport

@testable import KafkaClient

/// A program's own actor, as most of its code is on.
@MainActor
private final class Program {
    private var log: [String] = []
    private let topic = "t"

    /// All that a producer can be asked for, with closures that use what they capture.
    func produce(_ producer: KafkaProducer) async throws {
        let topic = topic
        #expect(try await producer.prepare(topic: topic) == 1)
        let first = try await producer.send(topic: topic, key: ByteSlice(utf8: "k"), value: ByteSlice(utf8: "1"))
        let second = try await producer.send(topic: topic) { key, value in
            key.write("k")
            value.write("2 of \(topic)")
        }
        let third = try await producer.enqueue(topic: topic, key: nil, value: ByteSlice(utf8: "3"), timestamp: 1_000)
        log += [first.description, second.description, try await third.acknowledged().description]
        MainActor.assertIsolated()
        try await producer.flush(until: .after(.seconds(10)))
        #expect(await producer.isConnected)
        #expect(await producer.problem == nil)
        #expect(await producer.bufferedBytes == 0)
        #expect(log == ["0 0", "0 0", "0 0"])
    }

    /// All that a consumer can be asked for.
    func consume(_ consumer: KafkaConsumer) async throws {
        var offsets: [Int64] = []
        for try await records in consumer {
            try records.forEach { offsets.append($0.offset) }
            log.append("\(records.partition)")
            if offsets.count >= 3 { break }
        }
        MainActor.assertIsolated()
        let partition = TopicPartition(topic, 0)
        #expect(await consumer.assignment == [partition])
        #expect(await consumer.positions[partition] ?? 0 >= 3)
        #expect(await consumer.lag[partition] != nil)
        #expect(await consumer.membershipProblem == nil)
        #expect(await consumer.topicDescription(topic)?.partitionCount == 1)
        #expect(await consumer.isConnected)
        #expect(try await consumer.endOffsets()[partition] != nil)
        try await consumer.pause([partition])
        try await consumer.seek(partition, to: 0)
        try await consumer.seek([partition], to: .earliest)
        try await consumer.resume([partition])
        #expect(try await consumer.next(wait: .seconds(10))?.firstOffset == 0)
    }
}

extension RecordMetadata {
    fileprivate var description: String { "\(partition) \(offset)" }
}

@Suite("What programs call, from the main actor", .timeLimit(.minutes(1)))
struct InterfaceTests {
    @Test("a producer can be used from any actor")
    func produces() async throws {
        try await withBrokers { brokers, loop in
            let producer = KafkaProducer(ProducerConfiguration(testConfiguration(brokers)), on: loop)
            let running = Ending()
            running.of { try await producer.run() }
            try await Program().produce(producer)
            await producer.close(until: .after(.seconds(10)))
            try await until("run() ended") { running.text == "returned" }
        }
    }

    @Test("a consumer can be used from any actor, and its sequence ends with close()")
    func consumes() async throws {
        var behaviour = FakeBroker.Behaviour()
        behaviour.fetch = FakeBroker.endless(bytes: 100)
        try await withReader([TopicPartition("t", 0)], [behaviour]) { consumer, _, _ in
            try await Program().consume(consumer)
            await consumer.close()
            for try await _ in consumer { Issue.record("records came after the end") }
        }
    }

    @Test("flush and close end at their deadline: what is not acknowledged by then fails")
    func ends() async throws {
        var behaviour = FakeBroker.Behaviour()
        behaviour.produce = { _, _ in .silence }
        try await withBrokers([behaviour]) { brokers, loop in
            let producer = KafkaProducer(ProducerConfiguration(testConfiguration(brokers)), on: loop)
            _ = Ending().of { try await producer.run() }
            let delivery = try await producer.enqueue(topic: "t", key: nil, value: ByteSlice(utf8: "1"))
            let late = await #expect(throws: KafkaError.self) {
                try await producer.flush(until: .after(.milliseconds(50)))
            }
            #expect(late?.code == .timeout)
            #expect(late?.message == "1 batches are not acknowledged yet")
            await producer.close(until: .after(.milliseconds(50)))
            let lost = await #expect(throws: KafkaError.self) { try await delivery.acknowledged() }
            #expect(lost?.code == .closed)
        }
    }

    @Test("a record goes where the partitioner says, and keeps its own time")
    func partitions() async throws {
        let seen = Mutex<[String]>([])
        var behaviour = FakeBroker.Behaviour()
        behaviour.topics = ["t": [1, 1, 1]]
        behaviour.produce = { _, request in
            for topic in request.topicData {
                for data in topic.partitionData {
                    var records = try RecordBatch(data.records ?? .empty).records(using: RecordDecompressor())
                    while let record = try records.next() {
                        let text = "\(record.value?.utf8 ?? "") in \(data.index) at \(record.timestamp)"
                        seen.withLock { $0.append(text) }
                    }
                }
            }
            return nil
        }
        try await withBrokers([behaviour]) { brokers, loop in
            func send(_ partitioner: Partitioner, _ values: [String]) async throws {
                var configuration = ProducerConfiguration(testConfiguration(brokers))
                configuration.partitioner = partitioner
                let producer = KafkaProducer(configuration, on: loop)
                let running = Ending().of { try await producer.run() }
                for (index, value) in values.enumerated() {
                    _ = try await producer.send(
                        topic: "t", key: ByteSlice(utf8: "same"), value: ByteSlice(utf8: value),
                        timestamp: Int64(index))
                }
                await producer.close()
                running.cancel()
            }
            try await send(.roundRobin, ["a", "b", "c", "d"])
            try await send(.custom { topic, key, count in topic == "t" && key?.utf8 == "same" ? count - 1 : 0 }, ["e"])
            let refused = await #expect(throws: KafkaError.self) {
                try await send(.custom { _, _, count in count }, ["f"])
            }
            #expect(refused?.code == .unknownPartition)
        }
        #expect(
            seen.withLock { $0 } == ["a in 0 at 0", "b in 1 at 1", "c in 2 at 2", "d in 0 at 3", "e in 2 at 0"])
    }
}
