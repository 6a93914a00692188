import Foundation
import Testing

@testable import KafkaClient

@Suite("The range assignor")
struct RangeAssignorTests {
    private func member(_ id: String, _ topics: [String], instance: String? = nil) -> GroupMember {
        GroupMember(id: id, instanceID: instance, topics: topics)
    }

    @Test("neighbouring partitions go together, the first members get the rest")
    func shares() {
        let assignment = RangeAssignor().assign(
            to: [member("b", ["t"]), member("a", ["t"])], partitionCounts: ["t": 3])
        #expect(assignment["a"] == [TopicPartition("t", 0), TopicPartition("t", 1)])
        #expect(assignment["b"] == [TopicPartition("t", 2)])
    }

    @Test("topics that are not there, or that nobody wants, are left out")
    func leavesOut() {
        let assignment = RangeAssignor().assign(
            to: [member("a", ["missing"])], partitionCounts: ["other": 3])
        #expect(assignment == ["a": []])
    }

    @Test("static members come first, by instance id")
    func staticMembers() {
        let assignment = RangeAssignor().assign(
            to: [member("a", ["t"]), member("z", ["t"], instance: "i")], partitionCounts: ["t": 2])
        #expect(assignment["z"] == [TopicPartition("t", 0)])
    }

    /// What Kafka 4.3.1's own assignors gave.
    @Test(
        "members get what Java's assignors of the same names give them",
        .enabled(if: TestKafka.apacheFolder != nil, "\(TestKafka.apacheIsMissing)"), arguments: ["range", "roundrobin"])
    func matchesJava(_ name: String) throws {
        let assignor: any PartitionAssignor = name == "range" ? RangeAssignor() : RoundRobinAssignor()
        #expect(assignor.name == name)
        let file = try #require(TestKafka.apacheFolder).appending(path: "vectors/assignments.jsonl")
        var compared = 0
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            guard object?["assignor"] as? String == name else { continue }
            let topics = try #require(object?["topics"] as? [String: Int])
            let members = try #require(object?["members"] as? [String: [String]])
            let expected = try #require(object?["assignment"] as? [String: [String]])
            let assignment = assignor.assign(
                to: members.map { member($0.key, $0.value) }, partitionCounts: topics.mapValues { Int32($0) })
            #expect(assignment.mapValues { $0.map(\.description).sorted() } == expected.mapValues { $0.sorted() })
            compared += 1
        }
        #expect(compared > 50)
    }
}
