import KafkaProtocol

/// A place in a partition that the broker looks up.
public enum OffsetPlace: Sendable, Hashable {
    /// The oldest record that is kept.
    case earliest
    /// Behind the newest record.
    case latest
    /// The first record whose timestamp is no earlier, in milliseconds since 1970.
    case time(milliseconds: Int64)

    var timestamp: Int64 {
        switch self {
        case .earliest: -2
        case .latest: -1
        case .time(let milliseconds): milliseconds
        }
    }
}

extension Cluster {
    /// Asks a partition's leader for an offset, until it answers.
    func offset(
        of partition: TopicPartition, at place: OffsetPlace,
        isolation: ConsumerConfiguration.Isolation = .readUncommitted
    ) async throws(KafkaError) -> Int64 {
        try await retrying { () async throws(KafkaError) in
            let epoch = metadata.partition(partition)?.leaderEpoch ?? -1
            let request = ListOffsetsRequest {
                $0.replicaID = -1
                $0.isolationLevel = isolation == .readCommitted ? 1 : 0
                $0.timeoutMs = Int32(clamping: configuration.requestTimeout.milliseconds)
                $0.topics = [
                    ListOffsetsRequest.Topic {
                        $0.name = partition.topic
                        $0.partitions = [
                            ListOffsetsRequest.Partition {
                                $0.partitionIndex = partition.partition
                                $0.currentLeaderEpoch = epoch
                                $0.timestamp = place.timestamp
                            }
                        ]
                    }
                ]
            }
            let response = try await callLeader(of: partition, request)
            guard let answer = response.topics.first?.partitions.first else {
                throw KafkaError(.malformedResponse, "no answer for the partition", topic: partition.topic)
            }
            guard answer.errorCode == .none else {
                wantsRefresh()
                throw KafkaError(
                    server: answer.errorCode, "the offset was not told", topic: partition.topic,
                    partition: partition.partition)
            }
            if answer.offset < 0, let old = answer.oldStyleOffsets.first { return old }
            return answer.offset
        }
    }
}
