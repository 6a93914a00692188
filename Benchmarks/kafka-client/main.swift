// Produces and consumes a million records, as ../shared/bench's kafka-peer does with librdkafka: same values, same keys,
// same settings. One line of JSON on standard output.
//
//     kafka-client-bench produce|consume HOST:PORT TOPIC PARTITIONS COUNT none|lz4 PAYLOAD
//
// PAYLOAD is what `kafka-peer payload --size 300` writes.

import Bytes
import Foundation
import KafkaClient
import KafkaProtocol
import Transport

let arguments = CommandLine.arguments
guard arguments.count >= 7 else {
    FileHandle.standardError.write(Data("usage: produce|consume HOST:PORT TOPIC PARTITIONS COUNT CODEC PAYLOAD\n".utf8))
    exit(2)
}
let work = arguments[1]
let brokers = try [Endpoint.parse(arguments[2])]
let topic = arguments[3]
let partitions = Int32(arguments[4]) ?? 1
let count = Int(arguments[5]) ?? 1_000_000
let codec = CompressionType(name: arguments[6]) ?? .none
let size = 300

func cpuSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
}

func report(_ seconds: Double, _ cpu: Double) {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let rate = Double(count) / seconds
    print(
        """
        {"program":"KafkaClient","work":"\(work)","messages":\(count),"seconds":\(seconds),"per_second":\(Int(rate)),\
        "megabytes_per_second":\(rate * Double(size) / 1e6),"cpu_seconds":\(cpu),"peak_rss_bytes":\(usage.ru_maxrss * 1024),\
        "settings":{"partitions":\(partitions),"codec":"\(codec)"}}
        """)
}

func produce(on loop: EventLoop) async throws {
    let payload = ByteSlice([UInt8](try Data(contentsOf: URL(filePath: arguments[7]))))
    let values = payload.count / size
    let kafka = KafkaConfiguration(brokers: brokers)
    let admin = KafkaAdmin(kafka, on: loop)
    var configuration = ProducerConfiguration(kafka)
    configuration.compression = codec
    configuration.batchBytes = 1_000_000
    configuration.maxRequestBytes = 1_000_000
    configuration.bufferBytes = 64 << 20
    let producer = KafkaProducer(configuration, on: loop)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await admin.run() }
        tasks.addTask { try await producer.run() }
        try await admin.createTopics([
            NewTopic(topic, partitions: partitions), NewTopic("kafka-peer-warm-up", partitions: 1),
        ])
        _ = try await producer.send(topic: "kafka-peer-warm-up", key: nil, value: ByteSlice(utf8: "warm"))
        try await producer.prepare(topic: topic)
        let digits = Array("0123456789abcdef".utf8)
        let start = ContinuousClock.now
        let cpu = cpuSeconds()
        var pending: [Delivery] = []
        var next = 0
        for number in 0..<count {
            let hash = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
            while true {
                do {
                    let delivery = try producer.onLoop.append(topic: topic) { key, value in
                        for shift in stride(from: 60, through: 0, by: -4) {
                            key.writeByte(digits[Int(truncatingIfNeeded: hash >> UInt64(shift)) & 15])
                        }
                        let offset = (number % values) * size
                        value.write(payload.span.extracting(offset..<offset + size))
                    }
                    pending.append(delivery)
                    break
                } catch let error as KafkaError where error.code == .bufferFull {
                    _ = try await pending[next].acknowledged()
                    next += 1
                }
            }
            // Lets the loop read answers now and then.
            if number % 1000 == 999 { await Task.yield() }
        }
        while next < pending.count {
            _ = try await pending[next].acknowledged()
            next += 1
        }
        report((ContinuousClock.now - start) / .seconds(1), cpuSeconds() - cpu)
        await producer.close()
        await admin.close()
        try await tasks.waitForAll()
    }
}

func consume(on loop: EventLoop) async throws {
    let configuration = ConsumerConfiguration(
        KafkaConfiguration(brokers: brokers),
        source: .partitions((0..<partitions).map { TopicPartition(topic, $0) }, group: nil))
    let consumer = KafkaConsumer(configuration, on: loop)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await consumer.run() }
        let start = ContinuousClock.now
        let cpu = cpuSeconds()
        var seen = 0
        var bytes = 0
        while seen < count, let records = try await consumer.next(wait: .seconds(20)) {
            try records.forEach { record in
                seen += 1
                bytes += record.value?.count ?? 0
            }
        }
        report((ContinuousClock.now - start) / .seconds(1), cpuSeconds() - cpu)
        guard seen == count, bytes == count * size else { throw CocoaError(.fileReadCorruptFile) }
        await consumer.close()
        try await tasks.waitForAll()
    }
}

let group = try EventLoopGroup(loops: 1)
let loop = group.next()
try await loop.run {
    if work == "produce" { try await produce(on: loop) } else { try await consume(on: loop) }
}
await group.shutdown()
