import KafkaProtocol
import Transport

/// Committed offsets.
extension Coordinator {
    /// The group's committed offsets; partitions without one are missing.
    func committedOffsets(
        of partitions: [TopicPartition]
    ) async throws(KafkaError) -> [TopicPartition: Int64] {
        let topics = Dictionary(grouping: partitions, by: \.topic)
        let request = OffsetFetchRequest {
            $0.groupID = group
            $0.requireStable = true
            $0.topics = topics.map { name, partitions in
                OffsetFetchRequest.Topic {
                    $0.name = name
                    $0.partitionIndexes = partitions.map(\.partition)
                }
            }
            $0.groups = [
                OffsetFetchRequest.Group {
                    $0.groupID = group
                    $0.topics = topics.map { name, partitions in
                        OffsetFetchRequest.GroupTopic {
                            $0.name = name
                            $0.partitionIndexes = partitions.map(\.partition)
                        }
                    }
                }
            ]
        }
        // Version 10 names topics by id, which is of no use here.
        let response = try await call(request, limit: 9)
        try check(response.errorCode, "the committed offsets were not told")
        var offsets: [TopicPartition: Int64] = [:]
        for topic in response.topics {
            for partition in topic.partitions {
                try check(partition.errorCode, "a committed offset was not told")
                if partition.committedOffset >= 0 {
                    offsets[TopicPartition(topic.name, partition.partitionIndex)] = partition.committedOffset
                }
            }
        }
        if let answer = response.groups.first {
            try check(answer.errorCode, "the committed offsets were not told")
            for topic in answer.topics {
                for partition in topic.partitions {
                    try check(partition.errorCode, "a committed offset was not told")
                    if partition.committedOffset >= 0 {
                        offsets[TopicPartition(topic.name, partition.partitionIndex)] = partition.committedOffset
                    }
                }
            }
        }
        return offsets
    }

    /// Commits offsets, once, as the given member.
    ///
    /// - Returns: the first error code that the coordinator gave.
    func commit(
        _ offsets: [TopicPartition: Int64], memberID: String, generation: Int32, instanceID: String?
    ) async throws(KafkaError) -> KafkaErrorCode {
        let request = OffsetCommitRequest {
            $0.groupID = group
            $0.memberID = memberID
            $0.generationIDOrMemberEpoch = generation
            $0.groupInstanceID = instanceID
            $0.topics = Dictionary(grouping: offsets, by: \.key.topic).map { name, offsets in
                OffsetCommitRequest.Topic {
                    $0.name = name
                    $0.partitions = offsets.map { partition, offset in
                        OffsetCommitRequest.Partition {
                            $0.partitionIndex = partition.partition
                            $0.committedOffset = offset
                        }
                    }
                }
            }
        }
        let response = try await call(request, limit: 9)
        for topic in response.topics {
            for partition in topic.partitions where partition.errorCode != .none { return partition.errorCode }
        }
        return .none
    }
}
