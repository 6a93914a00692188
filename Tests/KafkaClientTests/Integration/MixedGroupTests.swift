import Foundation
import Synchronization
import TestSupport
import Testing
import Transport

@testable import KafkaClient

/// librdkafka's consumer in a process of its own, which says how many partitions it has.
private final class OtherMember: Sendable {
    private let process: Process
    private let input: FileHandle
    private let owned = Mutex(0)

    var count: Int { owned.withLock { $0 } }

    private static let script = """
        import sys, threading
        from confluent_kafka import Consumer
        brokers, group, topic, assignor = sys.argv[1:5]
        consumer = Consumer({"bootstrap.servers": brokers, "group.id": group, "auto.offset.reset": "earliest",
                             "partition.assignment.strategy": assignor, "session.timeout.ms": 8000,
                             "heartbeat.interval.ms": 500, "enable.auto.commit": False})
        owned = set()
        def tell():
            print(len(owned), flush=True)
        def assigned(consumer, partitions):
            owned.update((one.topic, one.partition) for one in partitions)
            if assignor == "cooperative-sticky":
                consumer.incremental_assign(partitions)
            else:
                consumer.assign(partitions)
            tell()
        def revoked(consumer, partitions):
            owned.difference_update((one.topic, one.partition) for one in partitions)
            if assignor == "cooperative-sticky":
                consumer.incremental_unassign(partitions)
            else:
                consumer.unassign()
            tell()
        consumer.subscribe([topic], on_assign=assigned, on_revoke=revoked, on_lost=revoked)
        over = threading.Event()
        threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
        while not over.is_set():
            consumer.poll(0.1)
        consumer.close()
        """

    init(_ kafka: KafkaConfiguration, group: String, topic: String, assignor: String) throws {
        process = Process()
        process.executableURL = TestKafka.root.appending(path: ".build/venv/bin/python")
        process.arguments = [
            "-c", Self.script, kafka.brokers.map { "\($0)" }.joined(separator: ","), group, topic, assignor,
        ]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        self.input = input.fileHandleForWriting
        let rest = Mutex("")
        output.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let text = String(decoding: handle.availableData, as: UTF8.self)
            rest.withLock { rest in
                rest += text
                while let end = rest.firstIndex(of: "\n") {
                    if let count = Int(rest[..<end]) { self?.owned.withLock { $0 = count } }
                    rest = String(rest[rest.index(after: end)...])
                }
            }
        }
        try process.run()
    }

    func leave() {
        try? input.close()
        process.waitUntilExit()
    }
}

@Suite("A group with members of librdkafka", .timeLimit(.minutes(3)))
struct MixedGroupTests {
    @Test(
        "they share the partitions by each assignor, whoever came first and leads", .enabled(if: TestKafka.hasMock),
        arguments: GroupServerKind.available,
        [StickyAssignor.cooperativeSticky as any PartitionAssignor, RangeAssignor.range, RoundRobinAssignor.roundRobin])
    func shares(_ kind: GroupServerKind, _ assignor: any PartitionAssignor) async throws {
        try await withGroupServer(kind) { kafka, loops in
            let loop = loops.loops[0]
            let topic = "mixed-\(UInt32.random(in: 0 ... .max))"
            try await makeTopic(topic, partitions: 6, kafka, on: loop)
            let ledger = GroupLedger()
            func member(_ name: String) -> GroupTestMember {
                GroupTestMember(name, ledger, kafka, group: topic, topics: [topic], on: loop, assignors: [assignor])
                    .start()
            }
            let first = member("first")
            try await eventually("the first one has all") { first.count == 6 }
            let other = try OtherMember(kafka, group: topic, topic: topic, assignor: assignor.name)
            try await eventually("they share, now \(first.count) and \(other.count)") {
                first.count == 3 && other.count == 3
            }
            // From now on librdkafka leads.
            try await first.leave()
            try await eventually("the other has all") { other.count == 6 }
            let second = member("second")
            try await eventually("they share again") { second.count == 3 && other.count == 3 }
            let third = member("third")
            try await eventually("three share") { second.count == 2 && third.count == 2 && other.count == 2 }
            await BlockingPool.run { other.leave() }
            try await eventually("it has left") { second.count == 3 && third.count == 3 }
            #expect(ledger.shared.isEmpty)
            try await second.leave()
            try await third.leave()
        }
    }
}
