import Bytes
import KafkaProtocol
import Synchronization
import TestSupport
import Testing

@testable import KafkaClient
@testable import Transport

/// How a call ended, told across threads: a call that never ends must not hold up the test that says so.
final class Ending: Sendable {
    private let state = Mutex<String?>(nil)

    /// How it ended: `returned`, or the error's code; nil while it goes on.
    var text: String? { state.withLock { $0 } }

    /// Makes the call in a task of its own, which is given back to be cancelled.
    @discardableResult
    func of(_ body: @escaping @Sendable () async throws -> Void) -> Task<Void, Never> {
        Task {
            let text: String
            do {
                try await body()
                text = "returned"
            } catch let error as KafkaError {
                text = error.code.description
            } catch {
                text = "\(error)"
            }
            state.withLock { $0 = text }
        }
    }
}

/// Expects a loop whose clients wait for an answer to do next to nothing: a wait that goes on although its task was cancelled
/// comes round thousands of times in as long.
private func expectIdle(_ loop: EventLoop) async throws {
    let rounds = try await loop.run {
        let before = loop.figures.total.rounds
        try await loop.sleep(for: .milliseconds(100))
        return loop.figures.total.rounds - before
    }
    #expect(rounds < 100)
}

/// A producer on a loop, with a topic of one partition, whose records the broker never acknowledges.
private func withStuckProducer(
    bufferBytes: Int = 32 << 20, _ body: @escaping @Sendable (KafkaProducer, Ending, EventLoop) async throws -> Void
) async throws {
    var behaviour = FakeBroker.Behaviour()
    behaviour.produce = { _, _ in .silence }
    try await withBrokers([behaviour]) { brokers, loop in
        var configuration = ProducerConfiguration(testConfiguration(brokers))
        configuration.bufferBytes = bufferBytes
        let producer = KafkaProducer(configuration, on: loop)
        let run = Ending()
        let running = run.of { try await producer.run() }
        try await producer.prepare(topic: "t")
        let delivery = Ending()
        delivery.of { _ = try await producer.send(topic: "t", key: nil, value: ByteSlice(utf8: "a")) }
        try await until("the record is on its way") { brokers[0].calls(.produce) == 1 }
        try await body(producer, delivery, loop)
        try await expectIdle(loop)
        running.cancel()
        try await until("run() ended") { run.text != nil }
        #expect(run.text == "returned")
    }
}

@Suite("Waits that are cancelled", .timeLimit(.minutes(1)))
struct CancellationTests {
    @Test("close() in a task that was cancelled before gives up what is not acknowledged, and ends")
    func closesCancelledBefore() async throws {
        try await withStuckProducer { producer, delivery, loop in
            let close = Ending()
            close.of {
                withUnsafeCurrentTask { $0?.cancel() }
                await producer.close()
            }
            try await until("close() ended") { close.text == "returned" }
            try await until("the record's fate is told") { delivery.text != nil }
            #expect(delivery.text == "closed")
        }
    }

    @Test("close() in a task that is cancelled meanwhile gives up what is not acknowledged, and ends")
    func closesCancelledMeanwhile() async throws {
        try await withStuckProducer { producer, delivery, loop in
            let close = Ending()
            let closing = close.of { await producer.close() }
            try await until("the producer takes no more") {
                do {
                    try await loop.run {
                        _ = try producer.onLoop.append(topic: "t", key: nil, value: ByteSlice(utf8: "b"))
                    }
                    return false
                } catch {
                    return true
                }
            }
            #expect(close.text == nil, "the record is not acknowledged")
            closing.cancel()
            try await until("close() ended") { close.text == "returned" }
            try await until("the record's fate is told") { delivery.text == "closed" }
        }
    }

    @Test("flush() ends when its task is cancelled; the records go on")
    func flushes() async throws {
        try await withStuckProducer { producer, delivery, loop in
            let before = Ending()
            before.of {
                withUnsafeCurrentTask { $0?.cancel() }
                try await producer.flush()
            }
            try await until("flush() ended") { before.text == "cancelled" }
            let meanwhile = Ending()
            let flushing = meanwhile.of { try await producer.flush() }
            // It waits by now: jobs come to the loop in order.
            try await loop.run {}
            flushing.cancel()
            try await until("flush() ended") { meanwhile.text == "cancelled" }
            #expect(delivery.text == nil)
        }
    }

    @Test("who waits for room in the buffer goes when cancelled, and makes way for those behind")
    func leavesRoomQueue() async throws {
        try await withStuckProducer(bufferBytes: 1024) { producer, delivery, loop in
            let large = Ending()
            let waiting = large.of {
                _ = try await producer.send(topic: "t", key: nil, value: pattern(4096))
            }
            let small = Ending()
            try await until("the large record waits") { try await loop.run { !producer.core.hasRoom(for: 1) } }
            small.of { _ = try await producer.send(topic: "t", key: nil, value: ByteSlice(utf8: "b")) }
            waiting.cancel()
            try await until("the large record is given up") { large.text == "cancelled" }
            try await until("the small one is taken") { try await loop.run { producer.core.hasRoom(for: 1) } }
            #expect(small.text == nil, "it waits for its acknowledgement")
        }
    }

    @Test(
        "bulk waits for as much room as it leaves to others, in nobody's way, until its deadline, its end or the producer's"
    )
    func bulkWaitsForRoom() async throws {
        try await withStuckProducer(bufferBytes: 1024) { producer, delivery, loop in
            let nothing = Ending()
            nothing.of { try await loop.run { try await producer.onLoop.waitForRoom(1, until: .never) } }
            try await until("there is some room") { nothing.text == "returned" }
            let late = Ending()
            late.of {
                try await loop.run { try await producer.onLoop.waitForRoom(1000, until: .after(.milliseconds(10))) }
            }
            try await until("the deadline passed") { late.text == "bufferFull" }
            let given = Ending()
            let waiting = given.of { try await loop.run { try await producer.onLoop.waitForRoom(1000, until: .never) } }
            let closed = Ending()
            closed.of { try await loop.run { try await producer.onLoop.waitForRoom(1000, until: .never) } }
            // They wait by now: jobs come to the loop in order.
            try await loop.run {}
            try await loop.run { _ = try producer.onLoop.append(topic: "t", key: nil, value: ByteSlice(utf8: "b")) }
            waiting.cancel()
            try await until("one is given up") { given.text == "cancelled" }
            #expect(closed.text == nil)
            let close = Ending()
            close.of { await producer.close() }.cancel()
            try await until("the other is told that the producer ends") { closed.text == "closed" }
        }
    }

    @Test("bulk goes on once enough was acknowledged")
    func bulkGoesOn() async throws {
        try await withBrokers([FakeBroker.Behaviour()]) { brokers, loop in
            var configuration = ProducerConfiguration(testConfiguration(brokers))
            configuration.bufferBytes = 1024
            let producer = KafkaProducer(configuration, on: loop)
            let run = Ending()
            run.of { try await producer.run() }
            try await producer.prepare(topic: "t")
            for _ in 0..<100 {
                try await loop.run {
                    try await producer.onLoop.waitForRoom(512, until: .after(.seconds(60)))
                    #expect(producer.onLoop.bufferedBytes <= 512)
                    _ = try producer.onLoop.append(topic: "t", key: nil, value: pattern(400))
                }
            }
            await producer.close()
            try await until("run() ended") { run.text == "returned" }
        }
    }

    @Test(
        "calls of a client whose broker accepts and never answers end when cancelled",
        arguments: ["prepare", "create", "describe", "offsets", "delete"])
    func callsEnd(_ call: String) async throws {
        try await eachCall(call) { ending, task, _ in
            task.cancel()
            try await until("the call ended") { ending.text != nil }
            #expect(ending.text == "cancelled")
        }
    }

    @Test(
        "calls of a client whose broker accepts and never answers end when the client is closed",
        arguments: ["prepare", "create", "describe", "offsets", "delete"])
    func callsEndWithClient(_ call: String) async throws {
        try await eachCall(call) { ending, _, close in
            await close()
            try await until("the call ended") { ending.text != nil }
            #expect(ending.text == "closed")
        }
    }

    @Test(
        "a call that waits for its next attempt ends when it is cancelled, and when the client is closed",
        arguments: [true, false])
    func attemptsEnd(_ isCancelled: Bool) async throws {
        try await withBrokers { brokers, loop in
            var configuration = testConfiguration(brokers)
            configuration.retryBackoff = Backoff(first: .seconds(100), limit: .seconds(100))
            configuration.callTimeout = .seconds(1000)
            let admin = KafkaAdmin(configuration, on: loop)
            let run = Ending()
            let running = run.of { try await admin.run() }
            let call = Ending()
            // The topic has no leader: that may pass.
            brokers[0].change { $0.topics = ["t": [-1]] }
            let task = call.of { _ = try await admin.offsets(of: [TopicPartition("t", 0)], at: .latest) }
            try await until("the topic is known") {
                try await loop.run { admin.cluster.metadata.topics["t"] != nil }
            }
            try await expectIdle(loop)
            if isCancelled { task.cancel() } else { await admin.close() }
            try await until("the call ended") { call.text != nil }
            #expect(call.text == (isCancelled ? "cancelled" : "closed"))
            running.cancel()
            try await until("run() ended") { run.text == "returned" }
        }
    }

    private func eachCall(
        _ call: String,
        _ body: @escaping @Sendable (Ending, Task<Void, Never>, @Sendable () async -> Void) async throws -> Void
    ) async throws {
        var mute = FakeBroker.Behaviour()
        mute.isMute = true
        try await withBrokers([mute]) { brokers, loop in
            let admin = KafkaAdmin(testConfiguration(brokers), on: loop)
            let producer = KafkaProducer(ProducerConfiguration(testConfiguration(brokers)), on: loop)
            let runs = [Ending(), Ending()]
            let running = [runs[0].of { try await admin.run() }, runs[1].of { try await producer.run() }]
            let ending = Ending()
            let task = ending.of {
                switch call {
                case "create": try await admin.createTopics([NewTopic("n", partitions: 1)])
                case "describe": _ = try await admin.describeTopics(["t"])
                case "offsets": _ = try await admin.offsets(of: [TopicPartition("t", 0)], at: .latest)
                case "delete": try await admin.deleteTopics(["t"])
                default: try await producer.prepare(topic: "t")
                }
            }
            try await until("the broker was asked") { brokers[0].calls(.apiVersions) > 0 }
            try await body(ending, task) {
                await admin.close()
                await producer.close()
            }
            try await expectIdle(loop)
            for task in running { task.cancel() }
            try await until("run() ended") { runs.allSatisfy { $0.text == "returned" } }
        }
    }
}
