import Bytes
import EventStore
import Events
import KafkaProtocol
import TestSupport
import Testing

@testable import EventConsumer
@testable import KafkaClient

/// Whatever happens to consumers, and whenever, the rows come out as if each partition's operations had been applied one
/// after the other, and what is committed is stored.
@Suite struct HistoryTests {
    @Test(arguments: 0..<8) func anyHistoryEndsInTheSameRows(seed: UInt64) async throws {
        for round in 0..<250 {
            var history = History(seed: seed << 32 | UInt64(round))
            try await history.run(steps: 60)
            if let fault = history.fault {
                Issue.record("history \(seed)/\(round): \(fault)")
                return
            }
        }
    }
}

/// What the rows should be: a few lines that know nothing of batches.
private struct Model {
    struct Row: Equatable {
        var input: String
        var output = ""
        var isDeleted = false
        var version: Int64
    }

    private(set) var rows: [Int: Row] = [:]

    mutating func apply(_ message: Message, at offset: Int64) {
        let row = rows[message.event]
        switch message.kind {
        case .create where row == nil: rows[message.event] = Row(input: message.text, version: offset)
        case .update where row?.isDeleted == false:
            rows[message.event]?.output = message.text
            rows[message.event]?.version = offset
        case .delete where row?.isDeleted == false:
            rows[message.event] = Row(input: "", isDeleted: true, version: offset)
        default: break
        }
    }
}

private struct Message {
    var kind: EventOperation.Kind
    var event: Int
    var text: String

    var value: String {
        switch kind {
        case .create: BatchApplierTests.create(event, input: text)
        case .update: BatchApplierTests.update(event, #""output":"\#(text)""#)
        case .delete: BatchApplierTests.delete(event)
        }
    }
}

/// A consumer's process.
private final class Member {
    var leases: PartitionLeases
    /// What it reads next of the partitions that it believes to have.
    var positions: [Int32: Int64] = [:]
    var isBusy = false

    init(cacheBytes: Int) { leases = PartitionLeases(cacheBytes: cacheBytes) }
}

/// A topic, a group and a store, to which things happen in an order that the seed decides.
private struct History {
    private static let partitions: Int32 = 2
    private static let events = 6

    private let world: World

    var fault: String? { world.fault }

    init(seed: UInt64) { world = World(seed: seed) }

    mutating func run(steps: Int) async throws {
        for _ in 0..<steps where world.fault == nil { await world.step(depth: 0) }
        await world.finish()
    }

    private final class World {
        private var random: SeededRandom
        private var log: [[Message]] = [[], []]
        private var committed: [Int64] = [0, 0]
        private var owners: [Int?] = [nil, nil]
        private let store = MemoryStore()
        private var members: [Member]
        private let cacheBytes: Int
        private let insertBytes: Int
        var fault: String?

        init(seed: UInt64) {
            random = SeededRandom(seed)
            // From no cache at all to one that holds everything.
            cacheBytes = [0, 700, 1500, 3000, 100_000].randomElement(using: &random) ?? 0
            insertBytes = [1, 1500, 100_000].randomElement(using: &random) ?? 1
            members = []
            for _ in 0..<Int.random(in: 1...3, using: &random) { members.append(Member(cacheBytes: cacheBytes)) }
        }

        private func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

        func step(depth: Int) async {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<45: for _ in 0..<Int.random(in: 1...4, using: &random) { append() }
            case 45..<75: await work(Int.random(in: 0..<members.count, using: &random), depth: depth)
            case 75..<85: move(Int32.random(in: 0..<History.partitions, using: &random), inOrder: true)
            case 85..<92: move(Int32.random(in: 0..<History.partitions, using: &random), inOrder: false)
            case 92..<96: die(Int.random(in: 0..<members.count, using: &random))
            default: learnOfLoss()
            }
        }

        /// An operation that the API accepts.
        private func append() {
            let event = Int.random(in: 0..<History.events, using: &random)
            let kinds: [EventOperation.Kind] = [.create, .create, .update, .update, .update, .delete]
            let partition = event % Int(History.partitions)
            let text = "\(log[partition].count)"
            log[partition].append(
                Message(kind: kinds.randomElement(using: &random) ?? .create, event: event, text: text))
        }

        // MARK: The group

        /// A partition goes to another member: in order, once the one that has it is done with what it holds, or by force,
        /// of which that member learns later.
        private func move(_ partition: Int32, inOrder: Bool) {
            if inOrder, let owner = owners[Int(partition)], members[owner].leases.lease(of: partition) != nil {
                let member = members[owner]
                member.leases.revoke([partition])
                if member.isBusy {
                    // It goes on with its batch, and begins nothing of it any more; given up when it learns of it.
                    guard chance(50) else { return }
                } else if let commit = member.leases.dueCommit {
                    tryToCommit(commit, of: owner)
                }
                member.leases.giveUp([partition])
                member.positions[partition] = nil
            }
            let next = Int.random(in: 0..<members.count, using: &random)
            owners[Int(partition)] = next
            members[next].leases.assign([partition])
            members[next].positions[partition] = committed[Int(partition)]
        }

        /// Members that lost a partition by force find out.
        private func learnOfLoss() {
            for (index, member) in members.enumerated() {
                for partition in member.leases.partitions where owners[Int(partition)] != index {
                    member.leases.giveUp([partition])
                    member.positions[partition] = nil
                }
            }
        }

        /// A process ends, and another takes its place with nothing in memory.
        private func die(_ index: Int) {
            members[index] = Member(cacheBytes: cacheBytes)
            for partition in owners.indices where owners[partition] == index { owners[partition] = nil }
        }

        private func tryToCommit(_ commit: PartitionLeases.Commit, of index: Int) {
            let isTaken = !chance(15) && commit.offsets.keys.allSatisfy { owners[Int($0)] == index }
            if isTaken {
                for (partition, offset) in commit.offsets {
                    committed[Int(partition)] = offset
                    checkStored(partition, before: offset)
                }
            }
            members[index].leases.ended(commit, isCommitted: isTaken)
        }

        // MARK: A member's work

        private struct Died: Error {}

        /// A member takes records of its partitions, applies and commits them; at each wait anything may happen.
        private func work(_ index: Int, depth: Int) async {
            let member = members[index]
            guard !member.isBusy else { return }
            member.isBusy = true
            defer { member.isBusy = false }
            var batch = OperationBatch(epoch: 1)
            for (partition, position) in member.positions {
                guard let lease = member.leases.lease(of: partition), position < Int64(log[Int(partition)].count) else {
                    continue
                }
                var cursor = cursor(partition, from: position)
                member.leases.hold(partition, from: position)
                batch.take(
                    from: &cursor, lease: lease, upTo: batch.count + Int.random(in: 1...8, using: &random), bytes: .max)
                member.positions[partition] = cursor.nextOffset
            }
            guard !batch.isEmpty else { return }
            defer { member.leases.release() }
            var tries = 0
            while true {
                do {
                    try await apply(batch, member, depth: depth)
                    break
                } catch {
                    tries += 1
                    // It was killed, or its patience ends: what was not committed comes again.
                    if tries > 3 || members[index] !== member {
                        if members[index] === member { die(index) }
                        return
                    }
                }
            }
            for (partition, offset) in batch.offsets {
                member.leases.applied(partition, lease: batch.leases[partition], before: offset)
            }
            if members[index] === member, let commit = member.leases.dueCommit { tryToCommit(commit, of: index) }
        }

        private func apply(_ batch: OperationBatch, _ member: Member, depth: Int) async throws {
            let outer = store.whileWaiting
            defer { store.whileWaiting = outer }
            store.whileWaiting = { [unowned self] in
                if chance(4) { throw EventStoreError(.unavailable, "the connection broke") }
                if depth < 2, chance(30) { await step(depth: depth + 1) }
            }
            _ = try await BatchApplier(store: store, insertBytes: insertBytes)
                .apply(batch, known: member.leases.knownRows(of: batch)) { rows, batch in
                    for row in rows {
                        guard let chain = batch.chains[row.id] else { continue }
                        member.leases.keep(row, partition: chain.partition, lease: batch.leases[chain.partition])
                    }
                }
        }

        private func cursor(_ partition: Int32, from position: Int64) -> RecordCursor {
            var builder = RecordBatchBuilder()
            for message in log[Int(partition)][Int(position)...] {
                builder.append(timestamp: 0, key: nil, value: ByteSlice(utf8: message.value))
            }
            let bytes = (try? builder.finish(baseOffset: position)) ?? .empty
            return FetchedRecords(
                partition: TopicPartition("events", partition), topicID: .zero, firstOffset: position,
                nextOffset: Int64(log[Int(partition)].count), highWatermark: Int64(log[Int(partition)].count),
                batches: bytes, aborted: []
            ).cursor()
        }

        // MARK: What must hold

        private func model(_ partition: Int32, before offset: Int64) -> Model {
            var model = Model()
            for (index, message) in log[Int(partition)].prefix(Int(clamping: offset)).enumerated() {
                model.apply(message, at: Int64(index))
            }
            return model
        }

        /// What is committed is stored, or something newer is.
        private func checkStored(_ partition: Int32, before offset: Int64) {
            for (event, row) in model(partition, before: offset).rows {
                let stored = store.rows[BatchApplierTests.id(event)]?.version.offset ?? -1
                guard stored < row.version else { continue }
                fault = fault ?? "event \(event) was committed up to \(offset), and is stored as of \(stored) only"
            }
        }

        /// The last consumer reads on to the end, and the rows are what they should be.
        func finish() async {
            members = [Member(cacheBytes: cacheBytes)]
            for partition in 0..<History.partitions {
                var batch = OperationBatch(epoch: 1)
                members[0].leases.assign([partition])
                var cursor = cursor(partition, from: committed[Int(partition)])
                batch.take(
                    from: &cursor, lease: members[0].leases.lease(of: partition) ?? 0, upTo: .max, bytes: .max)
                store.whileWaiting = {}
                _ = try? await BatchApplier(store: store, insertBytes: insertBytes)
                    .apply(batch, known: [:], written: { _, _ in })
                for (event, row) in model(partition, before: .max).rows { compare(event, row) }
            }
        }

        private func compare(_ event: Int, _ row: Model.Row) {
            guard let stored = store.rows[BatchApplierTests.id(event)] else {
                fault = fault ?? "event \(event) is missing"
                return
            }
            let found = Model.Row(
                input: stored.input.utf8 ?? "", output: stored.output.utf8 ?? "", isDeleted: stored.isDeleted,
                version: stored.version.offset)
            if found != row { fault = fault ?? "event \(event) is \(found), and should be \(row)" }
        }
    }
}
