import Bytes
import KafkaProtocol
import Testing

@testable import KafkaClient

@Suite("A producer's topic")
struct ProducerTopicTests {
    private func known(_ id: UInt64, leaders: [Int32]) -> ClusterMetadata.Topic {
        ClusterMetadata.Topic(
            name: "t", id: KafkaUUID(high: 0, low: id),
            partitions: leaders.map { ClusterMetadata.Partition(leader: $0, leaderEpoch: 0) })
    }

    @Test("grows with its partitions, and takes over their leaders")
    func grows() {
        let topic = ProducerTopic(name: "t")
        topic.update(known(1, leaders: [1]))
        topic.update(known(1, leaders: [2, 3, -1]))
        #expect(topic.count == 3)
        #expect(topic.partitions.map(\.leader) == [2, 3, -1])
        for _ in 0..<20 { #expect(topic.stickyPartition().leader >= 0, "one without a leader waits for one") }
    }

    @Test("one that is made anew with fewer partitions gives none of its records to those that are gone")
    func shrinks() {
        let topic = ProducerTopic(name: "t")
        topic.update(known(1, leaders: [1, 1, 1, 1]))
        topic.update(known(2, leaders: [1, 1]))
        #expect(topic.count == 2)
        for number in 0..<50 {
            #expect(topic.partition(forKey: ByteSlice(utf8: "\(number)").span).index < 2)
            #expect(topic.stickyPartition().index < 2)
        }
        #expect(topic.partitions.map(\.leader) == [1, 1, -1, -1])
    }

    @Test("metadata without partitions changes nothing")
    func keeps() {
        let topic = ProducerTopic(name: "t")
        topic.update(known(1, leaders: [1]))
        topic.update(known(2, leaders: []))
        #expect(topic.count == 1)
    }
}
