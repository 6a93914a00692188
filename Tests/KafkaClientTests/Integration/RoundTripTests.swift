import Bytes
import Foundation
import KafkaProtocol
import Testing
import Transport

@testable import KafkaClient

@Suite("A real Kafka", .serialized)
struct RoundTripTests {
    @Test(
        "Apache Kafka gives back what was produced",
        .enabled(if: TestKafka.apacheFolder != nil, "\(TestKafka.apacheIsMissing)"))
    func apache() async throws {
        let kafka = try TestKafka.apache()
        defer { kafka.stop() }
        try await roundTrip(kafka, count: 20_000, partitions: 3)
    }

    @Test("librdkafka's mock cluster of three does", .enabled(if: TestKafka.hasMock, "\(TestKafka.mockIsMissing)"))
    func mock() async throws {
        let kafka = try TestKafka.mock()
        defer { kafka.stop() }
        try await roundTrip(kafka, count: 20_000, partitions: 4, isMock: true)
    }
}

/// Produces records, consumes them as a group, and compares.
func roundTrip(_ kafka: TestKafka, count: Int, partitions: Int32, isMock: Bool = false) async throws {
    let group = try EventLoopGroup(loops: 1)
    let loop = group.next()
    let configuration = KafkaConfiguration(brokers: kafka.brokers, clientID: "test")
    let topic = "round-trip"
    let admin = KafkaAdmin(configuration, on: loop)
    let producer = KafkaProducer(ProducerConfiguration(configuration), on: loop)
    let consumer = KafkaConsumer(
        ConsumerConfiguration(configuration, source: .group("g", topics: [topic])), on: loop)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await admin.run() }
        tasks.addTask { try await producer.run() }
        tasks.addTask { try await consumer.run() }
        if isMock {
            try await admin.createByMetadata(topic)
        } else {
            try await admin.createTopics([NewTopic(topic, partitions: partitions)])
        }
        try await loop.run {
            try await producer.prepare(topic: topic)
            var deliveries: [Delivery] = []
            for number in 0..<count {
                deliveries.append(
                    try producer.onLoop.append(
                        topic: topic, key: ByteSlice(utf8: "key \(number % 100)"),
                        value: ByteSlice(utf8: "value \(number)")))
            }
            for delivery in deliveries { #expect(try await delivery.acknowledged().offset >= 0) }
        }
        var seen: [Int] = []
        var last: [String: Int] = [:]
        while seen.count < count, let records = try await consumer.next(wait: .seconds(20)) {
            try records.forEach { record in
                let number = Int(String(record.value?.utf8?.dropFirst(6) ?? "")) ?? -1
                let key = record.key?.utf8 ?? ""
                #expect(last[key, default: -1] < number)
                last[key] = number
                seen.append(number)
            }
            try await consumer.commit([records.partition: records.nextOffset])
        }
        #expect(seen.sorted() == Array(0..<count))
        await consumer.close()
        await producer.close()
        await admin.close()
        try await tasks.waitForAll()
    }
    await group.shutdown()
}

extension KafkaAdmin {
    /// Makes a topic by asking for its metadata: the mock cluster knows no other way.
    func createByMetadata(_ topic: String) async throws {
        try await loop.run {
            let request = MetadataRequest {
                $0.topics = [MetadataRequest.Topic { $0.name = topic }]
                $0.allowAutoTopicCreation = true
            }
            _ = try await self.cluster.callAny(request)
        }
    }
}
