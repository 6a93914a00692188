import Glibc
import KafkaProtocol
import TestSupport
import Testing
import Transport

@testable import KafkaClient

/// A batch of numbered records.
private final class Batch: SequencedBatch {
    let records: Range<Int>
    var recordCount: Int32 { Int32(records.count) }
    var identity: ProducerIdentity?
    var baseSequence: Int32 = -1
    let deliveryDeadline: Deadline
    var isExpired = false
    var outcome: Outcome?

    enum Outcome { case acknowledged, failed, split }

    init(_ records: Range<Int>, deadline: Deadline) {
        self.records = records
        deliveryDeadline = deadline
    }
}

/// A producer's queue, a connection to the partition's leader, and the partition: what happens between them is drawn.
private struct History {
    struct Faults {
        var percent = 0
        var expiry = 0
        /// Batches of more records than this are too large; single records of this number are always.
        var largest = Int.max
        var cursed: Set<Int> = []
    }

    private struct Request {
        let batch: Batch
        let copy: ModelPartition<Int>.Copy
        let connection: Int
        var answer: KafkaErrorCode?
    }

    var random: SeededRandom
    let faults: Faults
    var queue = PartitionQueue<Batch>()
    var partition = ModelPartition<Int>()
    private var requests: [Request] = []
    private var connection = 0
    private var time = Deadline.now
    private var nextRecord = 0
    private var nextID: Int64 = 1
    private(set) var batches: [Batch] = []
    private(set) var trouble: String?
    /// What has happened, where that is asked for.
    private(set) var events: [String] = []
    private let isTold: Bool

    init(seed: UInt64, _ faults: Faults, firstEpoch: Int16, isTold: Bool = false) {
        self.isTold = isTold
        random = SeededRandom(seed)
        self.faults = faults
        queue.adopt(ProducerIdentity(id: 0, epoch: firstEpoch))
    }

    private mutating func expect(_ holds: Bool, _ what: @autoclosure () -> String) {
        if !holds, trouble == nil { trouble = what() }
    }

    private mutating func tell(_ what: String, _ batch: Batch) {
        guard isTold else { return }
        let epoch = batch.identity.map { "\($0.id)/\($0.epoch)" } ?? "-"
        events.append("\(what) \(batch.records) [\(epoch) #\(batch.baseSequence)]")
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    // MARK: What happens

    mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<20: produce()
        case ..<45: send()
        case ..<65: serve()
        case ..<85: deliver()
        default: if chance(faults.percent) { fault() }
        }
    }

    private mutating func produce() {
        let count = Int.random(in: 1...6, using: &random)
        let life: Duration = chance(faults.expiry) ? .seconds(3) : .seconds(1_000_000_000)
        let batch = Batch(nextRecord..<nextRecord + count, deadline: time.advanced(by: life))
        nextRecord += count
        batches.append(batch)
        queue.append(batch, now: time)
    }

    private mutating func send() {
        if queue.needsIdentity {
            queue.adopt(ProducerIdentity(id: nextID, epoch: 0))
            nextID += 1
        }
        guard queue.canSend(now: time, limit: 5), let batch = queue.next() else { return }
        guard let identity = batch.identity else { return expect(false, "a batch without an identity was sent") }
        expect(batch.outcome == nil, "\(batch.records) was sent after its end")
        let inFlight = queue.inFlight.count
        expect(inFlight <= 5, "\(inFlight) batches are in flight")
        let copy = ModelPartition.Copy(
            records: Array(batch.records), identity: identity, sequence: batch.baseSequence)
        tell("sent", batch)
        requests.append(Request(batch: batch, copy: copy, connection: connection))
    }

    /// The broker serves the next request.
    private mutating func serve() {
        guard let index = requests.firstIndex(where: { $0.answer == nil }) else { return }
        requests[index].answer = judge(requests[index], percent: faults.percent / 4)
    }

    /// What the broker does with a request.
    private mutating func judge(_ request: Request, percent: Int) -> KafkaErrorCode {
        let copy = request.copy
        if copy.records.count > faults.largest || copy.records.contains(where: faults.cursed.contains) {
            return .messageTooLarge
        }
        if chance(percent), chance(50) { return .notEnoughReplicas }
        let code = partition.append(copy)
        tell("served \(code.name)", request.batch)
        // Written, and not known to be on enough replicas.
        return code == .none && chance(percent / 2) ? .notEnoughReplicasAfterAppend : code
    }

    /// The producer gets the next answer.
    private mutating func deliver() {
        guard let request = requests.first, let code = request.answer, request.connection == connection else { return }
        requests.removeFirst()
        settle(request.batch, queue.answered(request.batch, code))
    }

    private mutating func settle(_ batch: Batch, _ verdict: PartitionQueue<Batch>.Verdict) {
        tell("\(verdict)", batch)
        switch verdict {
        case .acknowledged: if batch.outcome == nil { batch.outcome = .acknowledged }
        case .failed: end(batch, .failed)
        case .dropped: expect(batch.outcome == .failed, "\(batch.records) was dropped, and nobody was told")
        case .retried: expect(batch.outcome == nil, "\(batch.records) goes on after its end")
        case .tooLarge:
            let middle = batch.records.lowerBound + batch.records.count / 2
            let parts = [batch.records.lowerBound..<middle, middle..<batch.records.upperBound].map {
                Batch($0, deadline: batch.deliveryDeadline)
            }
            end(batch, .split)
            batches += parts
            queue.split(batch, into: parts)
        }
    }

    private mutating func end(_ batch: Batch, _ outcome: Batch.Outcome) {
        expect(batch.outcome == nil, "\(batch.records) came to two ends")
        batch.outcome = outcome
    }

    private mutating func fault() {
        if queue.isEmpty, requests.isEmpty {
            // A silence that is long enough for the broker to forget its producers.
            time = time.advanced(by: .seconds(86_400))
            return partition.forget()
        }
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1, 2: breakConnection()
        case 3:
            breakConnection()
            queue.leaderChanged()
        case 4, 5: expire(after: .seconds(1))
        case 6:
            // An answer that says no for good, to one batch.
            guard let index = requests.indices.first, requests[index].answer == nil else { return }
            requests[index].answer = .topicAuthorizationFailed
        default:
            // The leader moves while requests are on their way: it refuses them, the connection goes on.
            for index in requests.indices where requests[index].answer == nil {
                requests[index].answer = .notLeaderOrFollower
            }
            queue.leaderChanged()
        }
    }

    /// The connection ends. What the broker has not served by then it still serves, or not; but before anything that comes by
    /// the next connection, which begins with a handshake.
    private mutating func breakConnection() {
        let lost = requests
        for request in lost where request.answer == nil {
            guard chance(50) else { break }
            _ = judge(request, percent: 0)
        }
        requests = []
        connection += 1
        for request in lost.shuffled(using: &random) { settle(request.batch, queue.unanswered(request.batch)) }
    }

    private mutating func expire(after duration: Duration) {
        time = time.advanced(by: duration)
        for batch in queue.expire(now: time) { end(batch, .failed) }
    }

    // MARK: The end

    /// Lets everything that waits come to its end, without further faults; checks what must hold then.
    mutating func finish() -> String? {
        var turns = 0
        while !queue.isEmpty, turns < 20_000, trouble == nil {
            send()
            serveAll()
            deliver()
            turns += 1
        }
        let waiting = queue.all.map(\.records)
        expect(waiting.isEmpty, "it stands still: \(waiting)")
        for batch in batches { expect(batch.outcome != nil, "\(batch.records) has no end") }
        var places: [Int: Int] = [:]
        for (place, record) in partition.log.enumerated() {
            expect(places[record] == nil, "record \(record) is in the log twice")
            places[record] = place
        }
        let log = partition.log
        expect(log == log.sorted(), "the log is out of order: \(log)")
        for batch in batches where batch.outcome == .acknowledged {
            for record in batch.records {
                expect(places[record] != nil, "record \(record) was acknowledged and is lost")
            }
        }
        for batch in batches where batch.outcome == .failed && !batch.isExpired {
            let isCursed = batch.records.contains { faults.cursed.contains($0) }
            expect(isCursed || faults.percent > 0, "\(batch.records) failed without a reason")
        }
        return trouble
    }

    private mutating func serveAll() {
        for index in requests.indices where requests[index].answer == nil {
            requests[index].answer = judge(requests[index], percent: 0)
        }
    }
}

@Suite("A partition's batches, in thousands of drawn histories")
struct PartitionQueueHistoryTests {
    /// Goes through a thousand histories, or as many thousands as `HISTORIES` in the environment says.
    private func run(firstEpoch: Int16 = 0, _ faults: (UInt64) -> History.Faults) async {
        let thousands = getenv("HISTORIES").flatMap { UInt64(String(cString: $0)) } ?? 1
        var failures: [String] = []
        var events: [String] = []
        for seed in 0..<thousands * 1000 {
            // Other tests wait for their turn.
            await Task.yield()
            for isTold in failures.isEmpty ? [false, true] : [false] {
                // The first that goes wrong is gone through again, to tell how.
                var history = History(seed: seed, faults(seed), firstEpoch: firstEpoch, isTold: isTold)
                for _ in 0..<120 where history.trouble == nil { history.step() }
                guard let trouble = history.finish() else { break }
                if isTold { events = history.events }
                failures.append("seed \(seed): \(trouble)")
            }
        }
        #expect(
            failures.isEmpty,
            "\(failures.count) went wrong, such as \(failures.prefix(3)):\n\(events.joined(separator: "\n"))")
    }

    @Test("without faults everything is acknowledged, once and in order")
    func plain() async { await run { _ in History.Faults() } }

    @Test("lost answers, lost requests, moving leaders, refusals: what is acknowledged is there once, in order")
    func faults() async { await run { _ in History.Faults(percent: 60) } }

    @Test("records whose time is over, before and while they are in flight, among all other faults")
    func expiry() async { await run { _ in History.Faults(percent: 60, expiry: 40) } }

    @Test("batches and records that are too large: the others go on, in order")
    func tooLarge() async {
        await run { seed in
            History.Faults(percent: seed % 2 == 0 ? 0 : 60, expiry: 10, largest: 3, cursed: [3, 4, 17, 30, 31, 32, 50])
        }
    }

    @Test("epochs that run out in the middle: it goes on under a new producer id")
    func epochs() async { await run(firstEpoch: .max - 1) { _ in History.Faults(percent: 80, expiry: 30) } }
}
