/// Kafka's `range` assignor: of each topic, each subscriber gets one run of neighbouring partitions, the first ones one
/// more where the division leaves a rest.
///
/// What is assigned is the same as Java's `RangeAssignor` gives members without racks.
enum RangeAssignor {
    /// A member as the group's leader sees it.
    struct Member: Hashable, Sendable {
        var id: String
        var instanceID: String?
        var topics: [String]
    }

    /// Each member's partitions.
    ///
    /// - Parameter partitionCounts: how many partitions each topic has; topics that are missing here are left out.
    static func assign(members: [Member], partitionCounts: [String: Int32]) -> [String: [TopicPartition]] {
        var assignment: [String: [TopicPartition]] = [:]
        var subscribers: [String: [Member]] = [:]
        for member in members {
            assignment[member.id] = []
            for topic in Set(member.topics) { subscribers[topic, default: []].append(member) }
        }
        for topic in subscribers.keys.sorted() {
            guard let count = partitionCounts[topic], count > 0, let unsorted = subscribers[topic] else { continue }
            let members = unsorted.sorted(by: precedes)
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

    /// Static members come first, by instance id; the others follow, by member id.
    private static func precedes(_ left: Member, _ right: Member) -> Bool {
        switch (left.instanceID, right.instanceID) {
        case (let left?, let right?): left < right
        case (.some, nil): true
        case (nil, .some): false
        case (nil, nil): left.id < right.id
        }
    }
}
