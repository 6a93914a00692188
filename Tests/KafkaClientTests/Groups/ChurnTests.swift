import Foundation
import KafkaProtocol
import Synchronization
import TestSupport
import Testing
import Transport

@testable import KafkaClient

@Suite("A group under load whose members come and go", .serialized, .timeLimit(.minutes(5)))
struct ChurnTests {
    /// How long: a minute and more is for a look by hand.
    private static let seconds = Int(ProcessInfo.processInfo.environment["GROUP_CHURN_SECONDS"] ?? "") ?? 10

    @Test(
        "nothing is missing, nothing is read twice, no partition has two readers", arguments: GroupServerKind.available,
        [StickyAssignor.cooperativeSticky as any PartitionAssignor, RangeAssignor.range])
    func churn(_ kind: GroupServerKind, _ assignor: any PartitionAssignor) async throws {
        try await withGroupServer(kind) { kafka, loops in
            let loop = loops.loops[0]
            let topic = "churn-\(UInt32.random(in: 0 ... .max))"
            try await makeTopic(topic, partitions: 6, kafka, on: loop)
            let ledger = GroupLedger()
            let writer = NumberWriter()
            let writing = Task { try await writer.run(to: topic, kafka, on: loop) }
            var members: [GroupTestMember] = []
            var gone: [GroupTestMember] = []
            func join() {
                let name = "m\(members.count + gone.count)"
                members.append(
                    GroupTestMember(
                        name, ledger, kafka, group: topic, topics: [topic], on: loop, assignors: [assignor],
                        work: .milliseconds(1)
                    ).start())
            }
            for _ in 0..<3 { join() }
            let end = Deadline.after(.seconds(Self.seconds))
            while !end.hasPassed {
                try await loop.run { try await loop.sleep(for: .milliseconds(Int.random(in: 1_000...3_000))) }
                if members.count == 3 || (members.count == 2 && Bool.random()) {
                    let member = members.remove(at: Int.random(in: 0..<members.count))
                    gone.append(member)
                    try await member.leave()
                } else {
                    join()
                }
            }
            writer.stop()
            try await writing.value
            try await eventually("all \(writer.count) are read, now \(ledger.delivered.count)") {
                ledger.delivered.count == writer.count
            }
            for member in members { try await member.leave() }
            let all = members + gone
            let delivered = ledger.delivered
            #expect(Set(delivered.keys) == Set(0..<writer.count))
            #expect(ledger.shared.isEmpty)
            let twice = delivered.values.filter { $0 > 1 }.count
            #expect(twice == 0, "what was read was committed before it was given away")
            #expect(all.flatMap { member in member.state.withLock { $0.commitErrors.map(\.description) } } == [])
            let told = all.flatMap(\.told)
            print(
                "\(kind.rawValue), \(assignor.name): \(writer.count) records in \(Self.seconds) s, \(all.count) members,",
                "\(told.filter { $0.hasPrefix("assigned") }.count) assignments,",
                "\(told.filter { $0.hasPrefix("lost") }.count) losses, \(writer.count - delivered.count) missing,",
                "\(twice) read twice")
        }
    }
}
