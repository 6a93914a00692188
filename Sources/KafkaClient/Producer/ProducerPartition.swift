import KafkaProtocol
import Transport

/// A partition as its producer sees it. Belongs to the producer's loop.
final class ProducerPartition {
    let topic: String
    let index: Int32
    /// The leader's broker id; −1 while there is none.
    var leader: Int32 = -1
    var leaderEpoch: Int32 = -1
    var queue = PartitionQueue<ProducerBatch>()
    /// The batch that takes records: the last one that waits.
    var open: ProducerBatch?
    /// How large the last batch became that was sent.
    var lastByteCount = 0

    init(topic: String, index: Int32) {
        self.topic = topic
        self.index = index
    }

    var name: TopicPartition { TopicPartition(topic, index) }

    /// How large the batch is that would be sent next.
    var nextByteCount: Int { (queue.retrying.first ?? queue.waiting.first)?.byteCount ?? 0 }

    /// Whether something should go out now, rather than wait for company.
    func isReady(now: Deadline, isFlushing: Bool) -> Bool {
        if !queue.retrying.isEmpty || isFlushing || queue.waiting.count > 1 { return true }
        guard let first = queue.waiting.first else { return false }
        return first.isClosed || first.lingerDeadline <= now
    }
}

/// A topic as its producer sees it. Belongs to the producer's loop.
final class ProducerTopic {
    let name: String
    private(set) var partitions: [ProducerPartition] = []
    /// Where records without a key go until the batch there is full.
    private var sticky: Int32 = -1

    init(name: String) { self.name = name }

    /// Whether any of the partitions has its identity, as those do that were used when another one's epochs ran out.
    var hasIdentity: Bool { partitions.contains { !$0.queue.needsIdentity } }

    /// Adds partitions that are new; there are never fewer.
    func grow(to count: Int) {
        while partitions.count < count {
            partitions.append(ProducerPartition(topic: name, index: Int32(partitions.count)))
        }
    }

    /// The partition for a record with a key: the one that the Java client would choose.
    func partition(forKey key: RawSpan) -> ProducerPartition {
        partitions[Int(Murmur2.partition(of: key, count: Int32(partitions.count)))]
    }

    /// The partition for a record without a key: the same until its batch is closed, then another by chance, so that
    /// batches fill up (KIP-480).
    func stickyPartition() -> ProducerPartition {
        if sticky >= 0, partitions[Int(sticky)].open != nil { return partitions[Int(sticky)] }
        let led = partitions.indices.filter { partitions[$0].leader >= 0 }
        sticky = Int32((led.isEmpty ? Array(partitions.indices) : led).randomElement() ?? 0)
        return partitions[Int(sticky)]
    }
}
