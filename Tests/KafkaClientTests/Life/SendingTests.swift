import Bytes
import KafkaProtocol
import Synchronization
import TestSupport
import Testing
import Transport

@testable import KafkaClient

/// Runs a producer against one broker.
private func withProducer(
    _ behaviour: FakeBroker.Behaviour,
    _ configure: @Sendable @escaping (inout ProducerConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (FakeBroker, KafkaProducer, EventLoop) async throws -> Void
) async throws {
    try await withBrokers([behaviour]) { brokers, loop in
        var configuration = ProducerConfiguration(testConfiguration(brokers))
        configure(&configuration)
        let producer = KafkaProducer(configuration, on: loop)
        let run = Ending()
        let running = run.of { try await producer.run() }
        try await producer.prepare(topic: "t")
        try await body(brokers[0], producer, loop)
        running.cancel()
        try await until("run() ended") { run.text == "returned" }
    }
}

/// Sends values one behind the other, without waiting; how each ended.
private func ends(of values: [String], _ producer: KafkaProducer, on loop: EventLoop) async throws -> [String] {
    try await loop.run {
        let deliveries = try values.map {
            try producer.onLoop.append(topic: "t", key: nil, value: ByteSlice(utf8: $0), partition: 0)
        }
        var ends: [String] = []
        for delivery in deliveries {
            do throws(KafkaError) {
                _ = try await delivery.acknowledged()
                ends.append("acknowledged")
            } catch {
                ends.append(error.code.description)
            }
        }
        return ends
    }
}

@Suite("Records on their way", .timeLimit(.minutes(1)))
struct SendingTests {
    @Test("a record that the topic does not take is told to its caller alone; all others go on, in order")
    func tooLarge() async throws {
        var behaviour = FakeBroker.Behaviour()
        behaviour.produce = { broker, request in
            let hasLarge = try FakeBroker.values(of: request).contains { $0.hasPrefix("large") }
            return hasLarge ? .answer(FakeBroker.answer(to: request) { _, _ in .messageTooLarge }) : nil
        }
        try await withProducer(behaviour) { broker, producer, loop in
            let values = (0..<40).map { $0 == 7 || $0 == 23 ? "large \($0)" : "\($0)" }
            let ends = try await ends(of: values, producer, on: loop)
            #expect(ends == values.map { $0.hasPrefix("large") ? "recordTooLarge" : "acknowledged" })
            #expect(broker.log == values.filter { !$0.hasPrefix("large") })
            let bytes = try await loop.run { producer.onLoop.bufferedBytes }
            #expect(bytes == 0)
        }
    }

    @Test("records that are not acknowledged in time fail; those behind them go on, in order")
    func overdue() async throws {
        let isSilent = Mutex(true)
        var behaviour = FakeBroker.Behaviour()
        behaviour.produce = { _, _ in isSilent.withLock { $0 } ? .silence : nil }
        try await withProducer(behaviour) {
            $0.deliveryTimeout = .milliseconds(300)
            $0.kafka.requestTimeout = .milliseconds(500)
        } _: { broker, producer, loop in
            let first = try await ends(of: ["a", "b"], producer, on: loop)
            #expect(first == ["deliveryTimeout", "deliveryTimeout"])
            isSilent.withLock { $0 = false }
            // The connection's first requests, those of the handshake, had ten seconds: this one has its own time.
            try await until("records are taken again", within: .seconds(5)) {
                try await ends(of: ["c"], producer, on: loop) == ["acknowledged"]
            }
            let second = try await ends(of: ["d", "e"], producer, on: loop)
            #expect(second == ["acknowledged", "acknowledged"])
            #expect(broker.log.suffix(3) == ["c", "d", "e"])
            let bytes = try await loop.run { producer.onLoop.bufferedBytes }
            #expect(bytes == 0)
        }
    }

    @Test("thousands of batches that fail as soon as they are sent fail one after the other")
    func failsAtOnce() async throws {
        var behaviour = FakeBroker.Behaviour()
        behaviour.lacks = [.produce]
        try await withProducer(behaviour) {
            $0.batchBytes = 1
        } _: { _, producer, loop in
            let ends = try await ends(of: Array(repeating: "a", count: 20_000), producer, on: loop)
            #expect(ends == Array(repeating: "unsupportedVersion", count: 20_000))
        }
    }

    @Test(
        "an answer that leaves a batch out, or cannot be read, says nothing: the batch is sent again",
        arguments: [true, false])
    func leftOut(_ isReadable: Bool) async throws {
        let count = Mutex(0)
        var behaviour = FakeBroker.Behaviour()
        behaviour.produce = { broker, request in
            let isFirst = count.withLock { count in
                count += 1
                return count == 1
            }
            guard isFirst else { return nil }
            return isReadable ? .answer(ProduceResponse()) : .nonsense
        }
        try await withProducer(behaviour) { broker, producer, loop in
            let ends = try await ends(of: ["a"], producer, on: loop)
            #expect(ends == ["acknowledged"])
            #expect(broker.log == ["a"])
        }
    }

    @Test("one partition's refusal is told to its callers; the producer and the partition go on")
    func refusesPartition() async throws {
        var behaviour = FakeBroker.Behaviour()
        behaviour.produce = { _, request in
            let isRefused = try FakeBroker.values(of: request).contains("refused")
            return isRefused ? .answer(FakeBroker.answer(to: request) { _, _ in .topicAuthorizationFailed }) : nil
        }
        try await withProducer(behaviour) { broker, producer, loop in
            let first = try await ends(of: ["refused"], producer, on: loop)
            #expect(first == ["server"])
            let second = try await ends(of: ["a", "b"], producer, on: loop)
            #expect(second == ["acknowledged", "acknowledged"])
        }
    }
}
