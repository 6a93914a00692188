// Produces ten records and consumes them again, on the Kafka that KAFKA_BROKERS names (default localhost:9092).
import Bytes
import Foundation
import KafkaClient
import KafkaProtocol
import Transport

/// Off the main actor: the closures that the clients call run on their event loops.
@concurrent
func example() async throws {
    let brokers = ProcessInfo.processInfo.environment["KAFKA_BROKERS"] ?? "localhost:9092"
    let kafka = KafkaConfiguration(brokers: try brokers.split(separator: ",").map { try Endpoint.parse(String($0)) })
    let topic = "kafka-example"

    // One event loop a core; a client belongs to one loop, and is cheapest when it is used there.
    let group = try EventLoopGroup()
    let loop = group.next()

    try await loop.run {
        let admin = KafkaAdmin(kafka, on: loop)
        let producer = KafkaProducer(ProducerConfiguration(kafka), on: loop)
        let consumer = KafkaConsumer(
            ConsumerConfiguration(kafka, source: .group("kafka-example", topics: [topic])), on: loop)

        // Each client's `run()` owns its tasks: connections, batches, heartbeats.
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await admin.run() }
            tasks.addTask { try await producer.run() }
            tasks.addTask { try await consumer.run() }

            _ = try await admin.createTopics([NewTopic(topic, partitions: 3)])

            // `send` returns once all replicas have the record; records sent at once share batches.
            for number in 0..<10 {
                let place = try await producer.send(
                    topic: topic, key: ByteSlice(utf8: "key-\(number % 3)"), value: ByteSlice(utf8: "value \(number)"))
                print("sent to partition \(place.partition), offset \(place.offset)")
            }

            // What is read is committed when it was worked through: a crash between the two reads it again.
            var read = 0
            while read < 10, let records = try await consumer.next(wait: .seconds(30)) {
                try records.forEach { record in
                    print("\(records.partition) \(record.offset): \(record.value?.utf8 ?? "nothing")")
                    read += 1
                }
                try await consumer.commit([records.partition: records.nextOffset])
            }

            await consumer.close()
            await producer.close()
            await admin.close()
        }
    }
    await group.shutdown()
}

try await example()
