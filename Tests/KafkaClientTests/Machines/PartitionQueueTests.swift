import Testing
import Transport

@testable import KafkaClient

/// A batch of so many records, without bytes.
private final class Batch: SequencedBatch {
    let name: String
    let recordCount: Int32
    var identity: ProducerIdentity?
    var baseSequence: Int32 = -1
    let deliveryDeadline: Deadline
    var isExpired = false

    init(_ name: String, _ recordCount: Int32 = 10, deadline: Deadline = .never) {
        self.name = name
        self.recordCount = recordCount
        deliveryDeadline = deadline
    }
}

@Suite("A partition's batches")
struct PartitionQueueTests {
    private let now = Deadline.now

    private func queue(_ batches: Batch..., epoch: Int16 = 0) -> PartitionQueue<Batch> {
        var queue = PartitionQueue<Batch>()
        for batch in batches { queue.append(batch) }
        queue.adopt(ProducerIdentity(id: 7, epoch: epoch))
        return queue
    }

    /// Sends all that may be sent; the names.
    private func drain(_ queue: inout PartitionQueue<Batch>) -> [String] {
        var names: [String] = []
        while queue.canSend(now: now, limit: 5), let batch = queue.next() { names.append(batch.name) }
        return names
    }

    @Test("nothing is sent before there is a producer id")
    func needsIdentity() {
        var queue = PartitionQueue<Batch>()
        queue.append(Batch("a"))
        #expect(queue.needsIdentity)
        #expect(!queue.canSend(now: now, limit: 5))
    }

    @Test("one batch is sent until the first is acknowledged, then up to the limit, sequences in order")
    func pipelines() {
        let batches = (0..<8).map { Batch("\($0)") }
        var queue = PartitionQueue<Batch>()
        for batch in batches { queue.append(batch) }
        queue.adopt(ProducerIdentity(id: 7, epoch: 0))
        #expect(drain(&queue) == ["0"])
        queue.acknowledge(batches[0])
        #expect(drain(&queue) == ["1", "2", "3", "4", "5"])
        #expect(batches[0..<6].map(\.baseSequence) == [0, 10, 20, 30, 40, 50])
        queue.acknowledge(batches[1])
        #expect(drain(&queue) == ["6"])
    }

    @Test("what failed is sent again with its sequence, in order, once nothing later is in flight")
    func retriesInOrder() {
        let (a, b, c, d) = (Batch("a"), Batch("b"), Batch("c"), Batch("d"))
        var queue = queue(a, b, c, d)
        _ = drain(&queue)
        queue.acknowledge(a)
        #expect(drain(&queue) == ["b", "c", "d"])
        queue.retry(c)
        #expect(drain(&queue) == [])
        queue.refuse(d)
        #expect(!queue.hasGap)
        queue.retry(b)
        #expect(drain(&queue) == ["b", "c", "d"])
        #expect([b, c, d].map(\.baseSequence) == [10, 20, 30])
        #expect(d.identity == ProducerIdentity(id: 7, epoch: 0))
    }

    @Test("the oldest batch refused as out of order proves a gap: all that wait are numbered anew, an epoch later")
    func raisesEpochAtGap() {
        let (a, b, c) = (Batch("a"), Batch("b"), Batch("c"))
        var queue = queue(a, b, c)
        _ = drain(&queue)
        queue.acknowledge(a)
        _ = drain(&queue)
        queue.refuse(b)
        #expect(queue.hasGap)
        #expect(drain(&queue) == [], "c is not answered yet")
        queue.refuse(c)
        #expect(drain(&queue) == ["b"], "under a new epoch the first is sent alone")
        #expect(b.identity == ProducerIdentity(id: 7, epoch: 1))
        #expect([b, c].map(\.baseSequence) == [0, 10])
        queue.acknowledge(b)
        #expect(drain(&queue) == ["c"])
    }

    @Test("a batch that was given up after it may have been sent: later ones wait, then begin under the next epoch")
    func raisesEpochAfterLoss() {
        let deadline = now.advanced(by: .seconds(1))
        let (a, c) = (Batch("a", deadline: deadline), Batch("c"))
        var queue = queue(a)
        #expect(drain(&queue) == ["a"])
        queue.append(c)
        let expired = queue.expire(now: now.advanced(by: .seconds(2)))
        #expect(expired.map(\.name) == ["a"])
        #expect(drain(&queue) == [], "a is still in flight")
        queue.retry(a)
        #expect(queue.isInDoubt)
        #expect(drain(&queue) == ["c"])
        #expect(c.identity?.epoch == 1 && c.baseSequence == 0)
    }

    @Test("a batch that may be in the log is never numbered anew without a definite refusal")
    func keepsSequenceWhileInDoubt() {
        let (a, b, c) = (Batch("a", deadline: now.advanced(by: .seconds(1))), Batch("b"), Batch("c"))
        var queue = queue(Batch("first"), a, b)
        let first = queue.next()
        first.map { queue.acknowledge($0) }
        #expect(drain(&queue) == ["a", "b"])
        queue.retry(a)
        queue.retry(b)
        _ = queue.expire(now: now.advanced(by: .seconds(2)))
        queue.append(c)
        #expect(drain(&queue) == ["b"], "c waits for what becomes of b")
        #expect(b.identity?.epoch == 0 && b.baseSequence == 20)
        queue.acknowledge(b)
        #expect(drain(&queue) == ["c"])
        #expect(c.identity?.epoch == 1)
    }

    @Test("what was never sent fails at its deadline without a trace")
    func expiresWaiting() {
        var queue = queue(Batch("a", deadline: now), Batch("b"))
        #expect(queue.expire(now: now).map(\.name) == ["a"])
        #expect(!queue.isInDoubt)
        #expect(drain(&queue) == ["b"])
    }

    @Test("used up epochs need a new producer id")
    func exhaustsEpochs() {
        let (a, b) = (Batch("a"), Batch("b"))
        var queue = queue(a, b, epoch: .max)
        _ = drain(&queue)
        queue.refuse(a)
        #expect(queue.canSend(now: now, limit: 5))
        #expect(queue.next() == nil)
        #expect(queue.needsIdentity)
        queue.adopt(ProducerIdentity(id: 8, epoch: 0))
        #expect(drain(&queue) == ["a"])
        #expect(a.identity == ProducerIdentity(id: 8, epoch: 0) && a.baseSequence == 0)
    }

    @Test("the halves of a batch take over its sequences")
    func splits() {
        let (a, b) = (Batch("a", 10), Batch("b"))
        var queue = queue(a, b)
        _ = drain(&queue)
        let halves = [Batch("a1", 5), Batch("a2", 5)]
        queue.split(a, into: halves)
        #expect(drain(&queue) == ["a1"])
        queue.acknowledge(halves[0])
        #expect(drain(&queue) == ["a2", "b"])
        #expect(halves.map(\.baseSequence) == [0, 5])
        #expect(b.baseSequence == 10)
    }

    @Test("sequences go on at 0 after the last one")
    func wraps() {
        #expect(Int32.max.advancedSequence(by: 1) == 0)
        #expect((Int32.max - 4).advancedSequence(by: 10) == 5)
        #expect((Int32.max - 4).isBefore(5))
        #expect(!Int32(5).isBefore(Int32.max - 4))
        #expect(!Int32(5).isBefore(5))
    }
}
