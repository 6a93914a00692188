import KafkaProtocol

/// What is known of a cluster: brokers, topics, leaders. Answers to Metadata requests go in.
struct ClusterMetadata {
    struct Broker: Hashable, Sendable {
        var id: Int32
        var host: String
        var port: Int32
    }

    struct Partition: Hashable, Sendable {
        /// The leader's broker id; −1 while there is none.
        var leader: Int32
        /// How often the leader changed; −1 where the broker does not say.
        var leaderEpoch: Int32
    }

    struct Topic: Sendable {
        var name: String
        var id: KafkaUUID
        /// By index.
        var partitions: [Partition]
    }

    private(set) var brokers: [Int32: Broker] = [:]
    private(set) var controller: Int32 = -1
    private(set) var topics: [String: Topic] = [:]
    private(set) var names: [KafkaUUID: String] = [:]
    /// What the broker last said of topics that it would not describe.
    private(set) var refusals: [String: KafkaErrorCode] = [:]

    /// Takes over what a broker answered.
    mutating func update(_ response: MetadataResponse) {
        brokers = [:]
        for broker in response.brokers {
            brokers[broker.nodeID] = Broker(id: broker.nodeID, host: broker.host, port: broker.port)
        }
        controller = response.controllerID
        for topic in response.topics { update(topic) }
    }

    private mutating func update(_ topic: MetadataResponse.Topic) {
        guard let name = topic.name else { return }
        guard topic.errorCode == .none else {
            refusals[name] = topic.errorCode
            // A topic that is gone is forgotten; one that is only unavailable keeps its last known leaders.
            if topic.errorCode == .unknownTopicOrPartition, let old = topics.removeValue(forKey: name) {
                names[old.id] = nil
            }
            return
        }
        refusals[name] = nil
        let known = topics[name]
        let isSame = known?.id == topic.topicID
        if let known, !isSame { names[known.id] = nil }
        // The wire gives partitions in any order, and a damaged answer any index: take what is in sequence.
        var partitions: [Partition] = []
        for partition in topic.partitions.sorted(by: { $0.partitionIndex < $1.partitionIndex }) {
            let index = Int(partition.partitionIndex)
            guard index == partitions.count else { continue }
            var fresh = Partition(leader: partition.leaderID, leaderEpoch: partition.leaderEpoch)
            // An answer that is older than what is known does not take a leader back (KIP-320).
            if isSame, let known, index < known.partitions.count, fresh.leaderEpoch >= 0,
                known.partitions[index].leaderEpoch > fresh.leaderEpoch
            {
                fresh = known.partitions[index]
            }
            partitions.append(fresh)
        }
        topics[name] = Topic(name: name, id: topic.topicID, partitions: partitions)
        if !topic.topicID.isZero { names[topic.topicID] = name }
    }

    /// Forgets all topics but these.
    mutating func keep(_ wanted: Set<String>) {
        for (name, topic) in topics where !wanted.contains(name) {
            topics[name] = nil
            names[topic.id] = nil
        }
        for name in refusals.keys where !wanted.contains(name) { refusals[name] = nil }
    }

    /// Takes over a leader that a produce or fetch answer named (KIP-951).
    mutating func update(_ partition: TopicPartition, leader: Int32, epoch: Int32) {
        let index = Int(partition.partition)
        guard let known = topics[partition.topic]?.partitions, known.indices.contains(index) else { return }
        guard brokers[leader] != nil, epoch > known[index].leaderEpoch else { return }
        topics[partition.topic]?.partitions[index] = Partition(leader: leader, leaderEpoch: epoch)
    }

    /// The partition as it is known.
    func partition(_ partition: TopicPartition) -> Partition? {
        guard let partitions = topics[partition.topic]?.partitions else { return nil }
        let index = Int(partition.partition)
        return partitions.indices.contains(index) ? partitions[index] : nil
    }
}
