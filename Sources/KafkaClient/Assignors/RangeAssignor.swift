/// Kafka's `range` assignor: of each topic, each subscriber gets one run of neighbouring partitions, the first ones one
/// more where the division leaves a rest.
///
/// What is assigned is the same as Java's `RangeAssignor` gives members without racks.
public struct RangeAssignor: PartitionAssignor {
    /// Makes one.
    public init() {}

    /// `range`.
    public var name: String { "range" }

    /// Each member's partitions.
    public func assign(to members: [GroupMember], partitionCounts: [String: Int32]) -> [String: [TopicPartition]] {
        var assignment: [String: [TopicPartition]] = [:]
        var subscribers: [String: [GroupMember]] = [:]
        for member in members {
            assignment[member.id] = []
            for topic in Set(member.topics) { subscribers[topic, default: []].append(member) }
        }
        for topic in subscribers.keys.sorted() {
            guard let count = partitionCounts[topic], count > 0, let unsorted = subscribers[topic] else { continue }
            let members = unsorted.sorted(by: GroupMember.precedes)
            let share = count / Int32(members.count)
            let rest = count % Int32(members.count)
            var next: Int32 = 0
            for (index, member) in members.enumerated() {
                let end = next + share + (Int32(index) < rest ? 1 : 0)
                assignment[member.id, default: []] += (next..<end).map { TopicPartition(topic, $0) }
                next = end
            }
        }
        return assignment
    }
}
