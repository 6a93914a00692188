public import Bytes
import KafkaProtocol

/// Kafka's `sticky` and `cooperative-sticky` assignors: shares that are as even as the subscriptions allow, and change as
/// little as can be from one generation to the next.
///
/// Members of Java's and librdkafka's clients may be in the group, and may lead it: what members tell one another has the
/// form that Java's assignors of the same names give it (KIP-54, KIP-429). Who gets what may differ from what those would
/// give.
public struct StickyAssignor: PartitionAssignor {
    /// Whether members read on through a rebalance what they keep.
    public let isCooperative: Bool

    /// Makes one.
    public init(isCooperative: Bool) { self.isCooperative = isCooperative }

    /// `sticky` or `cooperative-sticky`.
    public var name: String { isCooperative ? "cooperative-sticky" : "sticky" }

    /// What the member had, and since when. Cooperative members still have it, and say so in their subscription itself.
    public func userData(owned: [TopicPartition], generation: Int32) -> ByteSlice? {
        var writer = ByteWriter()
        if !isCooperative {
            if owned.isEmpty { return nil }
            let topics = Dictionary(grouping: owned, by: \.topic)
            writer.writeBigEndian(Int32(topics.count))
            for (topic, partitions) in topics.sorted(by: { $0.key < $1.key }) {
                let name = ByteSlice(utf8: topic)
                writer.writeBigEndian(Int16(clamping: name.count))
                writer.write(name)
                writer.writeBigEndian(Int32(partitions.count))
                for partition in partitions { writer.writeBigEndian(partition.partition) }
            }
        }
        writer.writeBigEndian(generation)
        return writer.finish()
    }

    /// What a member had, by what it tells.
    private func previous(_ member: GroupMember) -> (partitions: [TopicPartition], generation: Int32) {
        if isCooperative { return (member.ownedPartitions, member.generation) }
        guard let data = member.userData else { return ([], -1) }
        var partitions: [TopicPartition] = []
        var generation: Int32 = -1
        // What cannot be read tells nothing.
        do {
            var reader = ByteReader(data)
            for _ in 0..<max(try reader.readBigEndian(Int32.self, "topics"), 0) {
                let length = try reader.readBigEndian(Int16.self, "a name's length")
                guard length >= 0 else { return ([], -1) }
                let topic = String(decoding: try reader.readSlice(Int(length), "a name").array, as: UTF8.self)
                for _ in 0..<max(try reader.readBigEndian(Int32.self, "partitions"), 0) {
                    partitions.append(TopicPartition(topic, try reader.readBigEndian(Int32.self, "a partition")))
                }
            }
            // Version 0 had no generation.
            if reader.remaining >= 4 { generation = try reader.readBigEndian(Int32.self, "the generation") }
        } catch {
            return ([], -1)
        }
        return (partitions, generation)
    }

    /// Each member's partitions. A cooperative member gets none that another one still has: it gets it in the next round,
    /// which follows once that one has given it back.
    public func assign(to members: [GroupMember], partitionCounts: [String: Int32]) -> [String: [TopicPartition]] {
        let members = members.sorted(by: GroupMember.precedes)
        let topics = members.map { Set($0.topics) }
        let owners = owners(members, topics, partitionCounts)
        var shares = StickyShares(topics)
        for (partition, owner) in owners.sorted(by: { $0.key < $1.key }) { shares.give(partition, to: owner) }
        for topic in Set(topics.joined()).sorted() {
            for partition in 0..<max(partitionCounts[topic] ?? 0, 0) {
                let partition = TopicPartition(topic, partition)
                if owners[partition] == nil { shares.give(partition) }
            }
        }
        shares.even()
        var assignment: [String: [TopicPartition]] = [:]
        for (index, member) in members.enumerated() {
            assignment[member.id] = shares.partitions[index].filter { partition in
                guard isCooperative, let owner = owners[partition] else { return true }
                return owner == index
            }.sorted()
        }
        return assignment
    }

    /// Who had which partition last, of those that are still there and still wanted. Where two say that they have it, the
    /// later generation counts; in one and the same, nobody has it.
    private func owners(
        _ members: [GroupMember], _ topics: [Set<String>], _ counts: [String: Int32]
    ) -> [TopicPartition: Int] {
        var owners: [TopicPartition: (index: Int?, generation: Int32)] = [:]
        for (index, member) in members.enumerated() {
            let (partitions, generation) = previous(member)
            for partition in Set(partitions) {
                guard partition.partition >= 0, partition.partition < counts[partition.topic] ?? 0,
                    topics[index].contains(partition.topic)
                else { continue }
                if let known = owners[partition] {
                    if known.generation > generation { continue }
                    if known.generation == generation {
                        owners[partition] = (nil, generation)
                        continue
                    }
                }
                owners[partition] = (index, generation)
            }
        }
        return owners.compactMapValues(\.index)
    }
}
