// Produces ten records and consumes them again, on the Kafka that KAFKA_BROKERS names (default localhost:9092).
import Bytes
import Foundation
import KafkaClient
import KafkaProtocol
import Transport

let brokers = ProcessInfo.processInfo.environment["KAFKA_BROKERS"] ?? "localhost:9092"
let kafka = KafkaConfiguration(brokers: try brokers.split(separator: ",").map { try Endpoint.parse(String($0)) })
let topic = "kafka-example"

// One event loop a core; a client lives on one of them, and may be used from anywhere.
let group = try EventLoopGroup()
let admin = KafkaAdmin(kafka, on: group.next())
let producer = KafkaProducer(ProducerConfiguration(kafka), on: group.next())
let consumer = KafkaConsumer(
    ConsumerConfiguration(kafka, source: .group("kafka-example", topics: [topic])), on: group.next())

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
    for try await records in consumer {
        try records.forEach { record in
            print("\(records.partition) \(record.offset): \(record.value?.utf8 ?? "nothing")")
            read += 1
        }
        try await consumer.commit([records.partition: records.nextOffset])
        if read >= 10 { break }
    }

    await consumer.close()
    await producer.close()
    await admin.close()
}
await group.shutdown()
