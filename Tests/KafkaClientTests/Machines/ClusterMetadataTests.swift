import Bytes
import KafkaProtocol
import Testing

@testable import KafkaClient

@Suite("What is known of a cluster")
struct ClusterMetadataTests {
    private let id = KafkaUUID(high: 1, low: 2)

    private func response(leader: Int32, epoch: Int32, id: KafkaUUID? = nil) -> MetadataResponse {
        MetadataResponse {
            $0.brokers = ([1, 2] as [Int32]).map { number in
                MetadataResponse.Broker {
                    $0.nodeID = number
                    $0.host = "broker-\(number)"
                    $0.port = 9092
                }
            }
            $0.topics = [
                MetadataResponse.Topic {
                    $0.name = "t"
                    $0.topicID = id ?? self.id
                    $0.partitions = [
                        MetadataResponse.Partition {
                            $0.partitionIndex = 0
                            $0.leaderID = leader
                            $0.leaderEpoch = epoch
                        }
                    ]
                }
            ]
        }
    }

    @Test("an answer that is older than what is known takes no leader back")
    func olderAnswer() {
        var metadata = ClusterMetadata()
        metadata.update(response(leader: 1, epoch: 5))
        metadata.update(response(leader: 2, epoch: 4))
        #expect(metadata.partition(TopicPartition("t", 0))?.leader == 1)
        metadata.update(response(leader: 2, epoch: 6))
        #expect(metadata.partition(TopicPartition("t", 0))?.leader == 2)
    }

    @Test("a topic that was made again begins anew")
    func newTopic() {
        var metadata = ClusterMetadata()
        metadata.update(response(leader: 1, epoch: 5))
        let again = KafkaUUID(high: 3, low: 4)
        metadata.update(response(leader: 2, epoch: 0, id: again))
        #expect(metadata.partition(TopicPartition("t", 0))?.leader == 2)
        #expect(metadata.names == [again: "t"])
    }

    @Test("a leader that a broker names is believed where it is newer")
    func namedLeader() {
        var metadata = ClusterMetadata()
        metadata.update(response(leader: 1, epoch: 5))
        metadata.update(TopicPartition("t", 0), leader: 2, epoch: 5)
        #expect(metadata.partition(TopicPartition("t", 0))?.leader == 1)
        metadata.update(TopicPartition("t", 0), leader: 9, epoch: 6)
        #expect(metadata.partition(TopicPartition("t", 0))?.leader == 1, "no such broker is known")
        metadata.update(TopicPartition("t", 0), leader: 2, epoch: 6)
        #expect(metadata.partition(TopicPartition("t", 0))?.leader == 2)
        #expect(metadata.partition(TopicPartition("t", 1)) == nil)
    }

    @Test("a topic that is gone is forgotten")
    func goneTopic() {
        var metadata = ClusterMetadata()
        metadata.update(response(leader: 1, epoch: 5))
        metadata.update(
            MetadataResponse {
                $0.topics = [
                    MetadataResponse.Topic {
                        $0.name = "t"
                        $0.errorCode = .unknownTopicOrPartition
                    }
                ]
            })
        #expect(metadata.topics.isEmpty)
        #expect(metadata.refusals["t"] == .unknownTopicOrPartition)
    }
}

@Suite("Small parts")
struct SmallPartTests {
    @Test("a queue gives out in order, however it is used")
    func fifo() {
        var queue = Fifo<Int>()
        var next = 0
        for round in 0..<100 {
            for number in 0..<round { queue.append(round * 1000 + number) }
            for _ in 0..<(round / 2) where queue.popFirst() != nil { next += 1 }
        }
        var last = -1
        while let element = queue.popFirst() {
            #expect(element > last)
            last = element
        }
        queue.append(1)
        queue.append(2)
        queue.removeAll { $0 == 1 }
        #expect(queue.first == 2 && queue.last == 2 && queue.count == 1)
    }

    @Test("whole batches are counted, the last one that was cut off is not")
    func batchExtent() throws {
        var builder = RecordBatchBuilder()
        var bytes = ByteWriter()
        for base in [0, 3] as [Int64] {
            for _ in 0..<3 { builder.append(timestamp: 0, key: nil, value: ByteSlice(utf8: "value")) }
            bytes.write(try builder.finish(baseOffset: base))
        }
        let all = bytes.finish()
        #expect(BatchFrames(all, from: 0, to: 100).extent.byteCount == all.count)
        #expect(BatchFrames(all, from: 0, to: 100).extent.nextOffset == 6)
        let cut = BatchFrames(all.prefix(all.count - 1), from: 0, to: 100).extent
        #expect(cut.byteCount == all.count / 2)
        #expect(cut.nextOffset == 3)
        #expect(
            BatchFrames(ByteSlice(utf8: "no batch at all, but long enough"), from: 0, to: 100).extent.byteCount == 0)
    }
}
