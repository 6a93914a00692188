import Bytes
import KafkaProtocol

@testable import KafkaClient

/// Answers to those who read.
extension FakeBroker {
    /// Answers each partition with an offset.
    static func offsets(
        _ request: ListOffsetsRequest, _ offset: (TopicPartition) -> Int64
    ) -> ListOffsetsResponse {
        answer(to: request) { partition, answer in answer.offset = offset(partition) }
    }

    /// Answers each partition as `body` says.
    static func answer(
        to request: ListOffsetsRequest, _ body: (TopicPartition, inout ListOffsetsResponse.Partition) -> Void
    ) -> ListOffsetsResponse {
        ListOffsetsResponse {
            $0.topics = request.topics.map { topic in
                ListOffsetsResponse.Topic {
                    $0.name = topic.name
                    $0.partitions = topic.partitions.map { asked in
                        ListOffsetsResponse.Partition {
                            $0.partitionIndex = asked.partitionIndex
                            body(TopicPartition(topic.name, asked.partitionIndex), &$0)
                        }
                    }
                }
            }
        }
    }

    /// Answers each partition as `body` says.
    ///
    /// - Parameter body: is given the partition and the offset that was asked for.
    static func answer(
        to request: FetchRequest, _ body: (TopicPartition, Int64, inout FetchResponse.PartitionData) throws -> Void
    ) rethrows -> FetchResponse {
        var response = FetchResponse()
        for topic in request.topics {
            var answer = FetchResponse.FetchableTopic()
            answer.topic = topic.topic
            answer.topicID = topic.topicID
            for asked in topic.partitions {
                var data = FetchResponse.PartitionData()
                data.partitionIndex = asked.partition
                try body(TopicPartition(topic.topic, asked.partition), asked.fetchOffset, &data)
                answer.partitions.append(data)
            }
            response.responses.append(answer)
        }
        return response
    }

    /// Answers a fetch with one record of so many bytes for each partition, at whatever offset it asks for.
    static func endless(bytes: Int) -> @Sendable (FakeBroker, FetchRequest) throws -> Reply? {
        { _, request in
            .answer(
                try answer(to: request) { _, offset, data in
                    data.highWatermark = 1_000_000
                    data.lastStableOffset = 1_000_000
                    data.records = try batch(at: offset, bytes: bytes)
                })
        }
    }

    /// A batch of one record of so many bytes.
    static func batch(at offset: Int64, bytes count: Int) throws -> ByteSlice {
        var builder = RecordBatchBuilder(capacity: count + 1_024)
        builder.append(timestamp: 1, key: nil, value: ByteSlice([UInt8](repeating: 7, count: count)), headers: [])
        return try builder.finish(baseOffset: offset, capacity: 0)
    }
}
