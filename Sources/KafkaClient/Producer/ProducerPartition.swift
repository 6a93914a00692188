import KafkaProtocol
import Transport

/// A partition as its producer sees it. Belongs to the producer's loop.
final class ProducerPartition {
    let topic: String
    let index: Int32
    /// The leader's broker id; −1 while there is none.
    var leader: Int32 = -1
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
    /// The topic's id, which changes when it is made anew.
    private var id: KafkaUUID?
    /// All partitions that it ever had, by index.
    private(set) var partitions: [ProducerPartition] = []
    /// How many it has now: fewer where it was made anew with fewer.
    private(set) var count = 0
    /// Where records without a key go until the batch there is full.
    private var sticky: Int32 = -1
    /// Where the next record goes in turn.
    private var turn = 0

    init(name: String) { self.name = name }

    /// Whether any of the partitions has its identity, as those do that were used when another one's epochs ran out.
    var hasIdentity: Bool { partitions.contains { !$0.queue.needsIdentity } }

    /// Takes over what the cluster knows now.
    func update(_ known: ClusterMetadata.Topic) {
        // A topic has partitions: an answer without any says nothing.
        guard !known.partitions.isEmpty else { return }
        let isAnew = id.map { $0 != known.id } ?? false
        id = known.id
        count = isAnew ? known.partitions.count : max(count, known.partitions.count)
        while partitions.count < count {
            partitions.append(ProducerPartition(topic: name, index: Int32(partitions.count)))
        }
        for (partition, now) in zip(partitions, known.partitions) {
            if isAnew || partition.leader != now.leader { partition.queue.leaderChanged() }
            partition.leader = now.leader
        }
        // What is not there any more has no leader: its records wait, in case it comes back, until their time is over.
        for partition in partitions[count...] { partition.leader = -1 }
    }

    /// The partition of an index.
    ///
    /// - Throws: `.unknownPartition` where the topic has no such partition.
    func partition(_ index: Int32) throws(KafkaError) -> ProducerPartition {
        guard (0..<Int32(count)).contains(index) else {
            throw KafkaError(
                .unknownPartition, "the topic has \(count) partitions", topic: name, partition: index)
        }
        return partitions[Int(index)]
    }

    /// The partition for a record with a key: the one that the Java client would choose.
    func partition(forKey key: RawSpan) -> ProducerPartition {
        partitions[Int(Murmur2.partition(of: key, count: Int32(count)))]
    }

    /// The partition for a record without a key: the same until its batch is closed, then another by chance, so that
    /// batches fill up (KIP-480).
    func stickyPartition() -> ProducerPartition {
        if sticky >= 0, sticky < count, partitions[Int(sticky)].open != nil { return partitions[Int(sticky)] }
        let led = (0..<count).filter { partitions[$0].leader >= 0 }
        sticky = Int32(led.randomElement() ?? Int.random(in: 0..<max(count, 1)))
        return partitions[Int(sticky)]
    }

    /// Each partition after the other.
    func partitionInTurn() -> ProducerPartition {
        defer { turn += 1 }
        return partitions[turn % max(count, 1)]
    }
}
