/// The topics whose metadata is asked for, and what for: a topic is followed for as long as anything needs it.
struct FollowedTopics {
    /// What a client reads or writes: for as long as it lives.
    private var kept: Set<String> = []
    /// What the members of a group read whose leader this client is.
    private var led: Set<String> = []
    /// How many look-ups wait for each topic.
    private var lookups: [String: Int] = [:]

    /// All of them.
    var all: Set<String> { kept.union(led).union(lookups.keys) }

    var isEmpty: Bool { kept.isEmpty && led.isEmpty && lookups.isEmpty }

    private func contains(_ topic: String) -> Bool {
        kept.contains(topic) || led.contains(topic) || lookups[topic] != nil
    }

    /// Follows topics for good.
    ///
    /// - Returns: whether one of them was not followed before.
    mutating func keep(_ topics: some Sequence<String>) -> Bool {
        var isNew = false
        for topic in topics {
            isNew = isNew || !contains(topic)
            kept.insert(topic)
        }
        return isNew
    }

    /// Follows what a group's members read, and no longer what they read before.
    ///
    /// - Returns: whether one of them was not followed before.
    mutating func lead(_ topics: Set<String>) -> Bool {
        let isNew = topics.contains { !contains($0) }
        led = topics
        return isNew
    }

    /// A look-up begins to wait for a topic.
    mutating func lookUp(_ topic: String) { lookups[topic, default: 0] += 1 }

    /// A look-up has ended: what it found stays followed, since it is going to be used.
    mutating func lookedUp(_ topic: String, isFound: Bool) {
        if isFound { kept.insert(topic) }
        let others = lookups[topic, default: 0] - 1
        lookups[topic] = others > 0 ? others : nil
    }
}
