/// Kafka's `roundrobin` assignor: the partitions of all topics, in order, go to the members in turn; who does not read a
/// partition's topic is passed over.
///
/// What is assigned is the same as Java's `RoundRobinAssignor` gives.
public struct RoundRobinAssignor: PartitionAssignor {
    /// Makes one.
    public init() {}

    /// `roundrobin`.
    public var name: String { "roundrobin" }

    /// Each member's partitions.
    public func assign(to members: [GroupMember], partitionCounts: [String: Int32]) -> [String: [TopicPartition]] {
        let members = members.sorted(by: GroupMember.precedes)
        let topics = members.map { Set($0.topics) }
        var assignment: [String: [TopicPartition]] = [:]
        for member in members { assignment[member.id] = [] }
        var turn = 0
        for topic in Set(topics.joined()).sorted() {
            for partition in 0..<max(partitionCounts[topic] ?? 0, 0) {
                // Somebody reads it: the topic is one of theirs.
                while !topics[turn].contains(topic) { turn = (turn + 1) % members.count }
                assignment[members[turn].id, default: []].append(TopicPartition(topic, partition))
                turn = (turn + 1) % members.count
            }
        }
        return assignment
    }
}
