/// What each member has, while it is made even.
struct StickyShares {
    /// Each member's partitions, by the member's place.
    private(set) var partitions: [[TopicPartition]]
    private let topics: [Set<String>]

    /// - Parameter topics: what each member reads.
    init(_ topics: [Set<String>]) {
        self.topics = topics
        partitions = Array(repeating: [], count: topics.count)
    }

    mutating func give(_ partition: TopicPartition, to member: Int) { partitions[member].append(partition) }

    /// Gives a partition to whoever has the fewest of those that read its topic; the first one of several.
    mutating func give(_ partition: TopicPartition) {
        var least: Int?
        for member in topics.indices where topics[member].contains(partition.topic) {
            if let known = least, partitions[known].count <= partitions[member].count { continue }
            least = member
        }
        if let least { partitions[least].append(partition) }
    }

    /// Moves partitions from those who have more to those who have fewer, until no move makes two shares more even.
    ///
    /// A move between two whose shares differ by two or more makes the sum of the shares' squares smaller, so that it ends.
    /// Where the two have no partition that both read, others between them may: the move goes along a chain of members, each
    /// of which gives one on and gets one.
    mutating func even() {
        // By pairs first, which is all that equal subscriptions need.
        while true {
            let order = partitions.indices.sorted { partitions[$0].count < partitions[$1].count }
            guard let chain = chain(order) else { return }
            for (giver, taker) in zip(chain, chain.dropFirst()).reversed() { move(from: giver, to: taker) }
        }
    }

    /// The last one that both read: what was given first stays longest.
    private mutating func move(from giver: Int, to taker: Int) {
        guard let place = partitions[giver].lastIndex(where: { topics[taker].contains($0.topic) }) else { return }
        partitions[taker].append(partitions[giver].remove(at: place))
    }

    /// Members along whom one partition each can be handed on, from one who has at least two more than the last; nil where
    /// there are none. The first such chain from the fullest on.
    private func chain(_ order: [Int]) -> [Int]? {
        for giver in order.reversed() {
            guard let least = order.first, partitions[giver].count >= partitions[least].count + 2 else { return nil }
            // Breadth first: a short chain moves few.
            var before: [Int: Int] = [giver: giver]
            var queue = [giver]
            var next = 0
            while next < queue.count {
                let member = queue[next]
                next += 1
                let held = Set(partitions[member].map(\.topic))
                for other in order where before[other] == nil && !topics[other].isDisjoint(with: held) {
                    before[other] = member
                    if partitions[other].count + 2 <= partitions[giver].count { return path(to: other, before) }
                    queue.append(other)
                }
            }
        }
        return nil
    }

    private func path(to end: Int, _ before: [Int: Int]) -> [Int] {
        var path = [end]
        while let member = path.last, let previous = before[member], previous != member { path.append(previous) }
        return path.reversed()
    }
}
