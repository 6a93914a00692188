import Bytes
import KafkaProtocol
import Synchronization
import TestSupport
import Testing
import Transport

@testable import KafkaClient

/// A producer whose buffer one record fills, which is acknowledged once `release` is called.
private func withFullProducer(
    _ body: @escaping @Sendable (KafkaProducer, EventLoop, _ release: @Sendable () -> Void) async throws -> Void
) async throws {
    let isHeld = Mutex(true)
    var behaviour = FakeBroker.Behaviour()
    behaviour.produce = { _, _ in isHeld.withLock { $0 } ? .hangUp : nil }
    try await withBrokers([behaviour]) { brokers, loop in
        var configuration = ProducerConfiguration(testConfiguration(brokers))
        configuration.bufferBytes = 4_000
        configuration.maxRequestBytes = 5_000
        configuration.whenFull = .wait
        let producer = KafkaProducer(configuration, on: loop)
        let running = Ending().of { try await producer.run() }
        defer { running.cancel() }
        try await producer.prepare(topic: "t")
        let first = Ending()
        first.of { _ = try await producer.send(topic: "t", key: nil, value: pattern(4_200)) }
        try await until("the buffer is full") { try await loop.run { producer.onLoop.bufferedBytes > 4_000 } }
        try await body(producer, loop) { isHeld.withLock { $0 = false } }
        try await until("what filled it is sent") { first.text == "returned" }
    }
}

@Suite("Waiting for room", .timeLimit(.minutes(1)))
struct RoomTests {
    @Test("a record that no request takes is refused at once, and holds up none behind it")
    func tooLarge() async throws {
        try await withFullProducer { producer, loop, release in
            let large = Ending()
            large.of { _ = try await producer.send(topic: "t", key: nil, value: pattern(6_000)) }
            try await until("it is refused, or waits") {
                if large.text != nil { return true }
                return try await loop.run { !producer.core.hasRoom(for: -10_000) }
            }
            #expect(large.text == "recordTooLarge", "before there is room")
            let next = Ending()
            next.of { _ = try await producer.send(topic: "t", key: nil, value: pattern(100)) }
            try await loop.run { try await loop.sleep(for: .milliseconds(100)) }
            release()
            try await until("the next one is sent", within: .seconds(20)) { next.text != nil }
            #expect(next.text == "returned")
        }
    }

    @Test("a record whose writer throws once it is its turn gives its turn to the next")
    func throwing() async throws {
        try await withFullProducer { producer, loop, release in
            let thrower = Ending()
            thrower.of {
                _ = try await producer.send(topic: "t") { _, _ in
                    throw KafkaError(.configuration, "on second thoughts")
                }
            }
            try await until("it waits") { try await loop.run { !producer.core.hasRoom(for: -10_000) } }
            let next = Ending()
            next.of { _ = try await producer.send(topic: "t", key: nil, value: pattern(3_995)) }
            try await loop.run { try await loop.sleep(for: .milliseconds(100)) }
            release()
            try await until("the next one is sent", within: .seconds(20)) { next.text != nil }
            #expect(thrower.text == "configuration")
            #expect(next.text == "returned")
        }
    }
}
