import Bytes
import TestSupport
import Testing

@testable import KafkaClient

@Suite("The sticky assignors")
struct StickyAssignorTests {
    private func partitions(_ topic: String, _ range: Range<Int32>) -> [TopicPartition] {
        range.map { TopicPartition(topic, $0) }
    }

    /// A member that tells what it had as the assignor wants it.
    private func member(
        _ id: String, reads topics: [String] = ["t"], had: [TopicPartition] = [], in generation: Int32 = 1,
        _ assignor: StickyAssignor
    ) -> GroupMember {
        GroupMember(
            id: id, topics: topics, ownedPartitions: assignor.isCooperative ? had : [], generation: generation,
            userData: assignor.userData(owned: had, generation: generation))
    }

    @Test("who joins gets only what the others have too much of", arguments: [false, true])
    func joining(_ isCooperative: Bool) {
        let sticky = StickyAssignor(isCooperative: isCooperative)
        let members = [
            member("a", had: partitions("t", 0..<3), sticky), member("b", had: partitions("t", 3..<6), sticky),
            member("c", sticky),
        ]
        let assignment = sticky.assign(to: members, partitionCounts: ["t": 6])
        #expect(assignment["a"] == partitions("t", 0..<2))
        #expect(assignment["b"] == partitions("t", 3..<5))
        // What others still read comes with the next round.
        #expect(assignment["c"] == (isCooperative ? [] : [TopicPartition("t", 2), TopicPartition("t", 5)]))
    }

    @Test("who leaves gives up to the others, who keep what they have", arguments: [false, true])
    func leaving(_ isCooperative: Bool) {
        let sticky = StickyAssignor(isCooperative: isCooperative)
        let members = [
            member("a", had: partitions("t", 0..<2), sticky), member("b", had: partitions("t", 2..<4), sticky),
        ]
        let assignment = sticky.assign(to: members, partitionCounts: ["t": 6])
        #expect(Set(assignment["a"] ?? []).isSuperset(of: partitions("t", 0..<2)))
        #expect(Set(assignment["b"] ?? []).isSuperset(of: partitions("t", 2..<4)))
        #expect(assignment.values.map(\.count) == [3, 3])
    }

    @Test("of two who say that they have a partition the later generation is believed, in the same one neither")
    func claims() {
        let sticky = StickyAssignor(isCooperative: true)
        let old = member("a", had: partitions("t", 0..<1), in: 4, sticky)
        let new = member("b", had: partitions("t", 0..<1), in: 5, sticky)
        var assignment = sticky.assign(to: [old, new], partitionCounts: ["t": 1])
        #expect(assignment["b"] == partitions("t", 0..<1))
        let same = member("b", had: partitions("t", 0..<1), in: 4, sticky)
        assignment = sticky.assign(to: [old, same], partitionCounts: ["t": 1])
        #expect(assignment.values.map(\.count).reduce(0, +) == 1)
    }

    @Test("what a member says that it had and cannot be read, is gone or is not wanted any more counts for nothing")
    func nonsense() {
        let sticky = StickyAssignor.sticky
        for data in ["", "x", "\0\0\0\u{1}", "\0\0\0\u{1}\u{7f}\u{7f}t"] {
            let member = GroupMember(id: "a", topics: ["t"], userData: ByteSlice(utf8: data))
            #expect(sticky.assign(to: [member], partitionCounts: ["t": 2]) == ["a": partitions("t", 0..<2)])
        }
        let gone = member("a", had: partitions("t", 0..<9) + partitions("u", 0..<2), .sticky)
        #expect(sticky.assign(to: [gone], partitionCounts: ["t": 1, "u": 2]) == ["a": partitions("t", 0..<1)])
    }

    @Test("the user data has Java's form")
    func userData() {
        let had = [TopicPartition("ab", 1), TopicPartition("ab", 3)]
        let sticky = StickyAssignor.sticky.userData(owned: had, generation: 7)?.array
        #expect(sticky == [0, 0, 0, 1, 0, 2, 97, 98, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 7])
        let cooperative = StickyAssignor.cooperativeSticky.userData(owned: had, generation: 7)?.array
        #expect(cooperative == [0, 0, 0, 7])
    }

    @Test("a partition goes along a chain of members where those with most and least have no topic in common")
    func chains() {
        let members = [
            GroupMember(id: "a", topics: ["t"]), GroupMember(id: "b", topics: ["t", "u"]),
            GroupMember(id: "c", topics: ["u"]),
        ]
        let assignment = StickyAssignor.sticky.assign(to: members, partitionCounts: ["t": 5, "u": 1])
        #expect(assignment.mapValues(\.count) == ["a": 3, "b": 2, "c": 1])
    }

    @Test("in any history of a group each partition that is wanted has one owner, shares are even, and few move")
    func histories() {
        var random = SeededRandom(5)
        for _ in 0..<300 {
            let isCooperative = Bool.random(using: &random)
            let sticky = StickyAssignor(isCooperative: isCooperative)
            let isUniform = Bool.random(using: &random)
            var counts: [String: Int32] = [:]
            for topic in 0..<Int.random(in: 1...3, using: &random) {
                counts["t\(topic)"] = Int32.random(in: 0...8, using: &random)
            }
            let topics = counts.keys.sorted()
            var group: [String: (topics: [String], had: [TopicPartition])] = [:]
            var generation: Int32 = 0
            for step in 0..<12 {
                if group.count > 1, Bool.random(using: &random), let gone = group.keys.sorted().first {
                    group[gone] = nil
                } else {
                    let wanted = isUniform ? topics : topics.filter { _ in Bool.random(using: &random) }
                    group["m\(step)"] = (wanted, [])
                }
                // Cooperative groups need a second round; then nothing is given back any more.
                for round in 0..<2 {
                    generation += 1
                    let members = group.map { member($0, reads: $1.topics, had: $1.had, in: generation - 1, sticky) }
                    let assignment = sticky.assign(to: members, partitionCounts: counts)
                    let before = group.mapValues { Set($0.had) }
                    for (id, partitions) in assignment {
                        group[id]?.had = partitions
                        #expect(Set(partitions).count == partitions.count)
                        for partition in partitions {
                            #expect(group[id]?.topics.contains(partition.topic) == true)
                            guard isCooperative else { continue }
                            let others = before.filter { $0.key != id && $0.value.contains(partition) }
                            #expect(others.isEmpty, "another one still reads it")
                        }
                    }
                    guard round == 1 || !isCooperative else { continue }
                    let wanted = Set(group.values.flatMap(\.topics))
                    let all = counts.filter { wanted.contains($0.key) }.flatMap { partitions($0.key, 0..<$0.value) }
                    #expect(group.values.flatMap(\.had).sorted() == all.sorted())
                    if isUniform, let most = group.values.map(\.had.count).max(),
                        let least = group.values.map(\.had.count).min()
                    {
                        #expect(most - least <= 1)
                    }
                    if round == 1 {
                        for (id, had) in before {
                            #expect(had.isSubset(of: group[id]?.had ?? []), "nothing moves again")
                        }
                    }
                }
            }
        }
    }
}
