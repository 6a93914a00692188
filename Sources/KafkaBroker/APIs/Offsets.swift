import Bytes
import KafkaProtocol
import Transport

extension BrokerCore {
    /// The longest text kept with a committed offset, in bytes.
    private static let maxMetadata = 4_096

    /// OffsetCommit: answered once the offsets are in the journal.
    func offsetCommit(_ call: Call, _ request: OffsetCommitRequest) async -> OffsetCommitResponse {
        var refusal = KafkaErrorCode.none
        do throws(GroupError) {
            guard !request.groupID.isEmpty else { throw .invalidGroupID }
            try coordinator.checkCommit(
                request.groupID, request.memberID, instanceID: request.groupInstanceID,
                generation: request.generationIDOrMemberEpoch, now: now)
        } catch {
            refusal = error.code
        }
        var entries: [ByteSlice] = []
        var room = configuration.offsetMemory - offsets.liveBytes
        var response = OffsetCommitResponse()
        let time = WallClock.milliseconds
        for asked in request.topics {
            let byID = call.version >= 10
            let topic = byID ? topic(id: asked.topicID) : topics[asked.name]
            var result = OffsetCommitResponse.Topic()
            result.name = asked.name
            result.topicID = asked.topicID
            for partition in asked.partitions {
                var error = refusal
                let metadata = partition.committedMetadata ?? ""
                if error == .none {
                    if topic?.partition(partition.partitionIndex) == nil {
                        error = byID && topic == nil ? .unknownTopicID : .unknownTopicOrPartition
                    } else if metadata.utf8.count > Self.maxMetadata {
                        error = .offsetMetadataTooLarge
                    }
                }
                if error == .none, let topic {
                    let key = OffsetStore.Key(topic: topic.name, partition: partition.partitionIndex)
                    let committed = OffsetStore.Committed(
                        offset: partition.committedOffset, leaderEpoch: partition.committedLeaderEpoch,
                        metadata: metadata, time: time, topicID: topic.id)
                    // One in place of another takes no more, or little.
                    let more = offsets.growth(request.groupID, key, committed)
                    if more > room, more > 0 {
                        error = .invalidCommitOffsetSize
                    } else {
                        room -= more
                        entries.append(OffsetStore.commitEntry(request.groupID, key, committed))
                    }
                }
                result.partitions.append(
                    .init {
                        $0.partitionIndex = partition.partitionIndex
                        $0.errorCode = error
                    })
            }
            response.topics.append(result)
        }
        if !(await write(entries)) {
            for topic in response.topics.indices {
                for partition in response.topics[topic].partitions.indices
                where response.topics[topic].partitions[partition].errorCode == .none {
                    response.topics[topic].partitions[partition].errorCode = .coordinatorNotAvailable
                }
            }
        }
        return response
    }

    /// OffsetFetch: of one group, or from version 8 on of several.
    func offsetFetch(_ call: Call, _ request: OffsetFetchRequest) async -> OffsetFetchResponse {
        var response = OffsetFetchResponse()
        guard call.version < 8 else {
            response.groups = request.groups.map { offsets(of: $0, byID: call.version >= 10) }
            return response
        }
        let held = offsets.groups[request.groupID] ?? [:]
        // Only from version 2 on does no list mean all.
        let asked = request.topics.map { $0.map { ($0.name, $0.partitionIndexes) } } ?? Self.all(held)
        response.topics = asked.map { name, partitions in
            .init {
                $0.name = name
                $0.partitions = partitions.map { partition in
                    let committed = held[OffsetStore.Key(topic: name, partition: partition)]
                    return .init {
                        $0.partitionIndex = partition
                        $0.committedOffset = committed?.offset ?? -1
                        $0.committedLeaderEpoch = committed?.leaderEpoch ?? -1
                        $0.metadata = committed?.metadata ?? ""
                    }
                }
            }
        }
        return response
    }

    private func offsets(of asked: OffsetFetchRequest.Group, byID: Bool) -> OffsetFetchResponse.Group {
        var result = OffsetFetchResponse.Group()
        result.groupID = asked.groupID
        let held = offsets.groups[asked.groupID] ?? [:]
        let topics: [OffsetFetchRequest.GroupTopic] =
            asked.topics
            ?? Self.all(held).map { name, partitions in
                .init {
                    $0.name = name
                    $0.topicID = self.topics[name]?.id ?? .zero
                    $0.partitionIndexes = partitions
                }
            }
        result.topics = topics.map { topic in
            let name = byID ? topicNames[topic.topicID] : topic.name
            return .init {
                $0.name = topic.name
                $0.topicID = topic.topicID
                $0.partitions = topic.partitionIndexes.map { partition in
                    let committed = name.flatMap { held[OffsetStore.Key(topic: $0, partition: partition)] }
                    return .init {
                        $0.partitionIndex = partition
                        $0.committedOffset = committed?.offset ?? -1
                        $0.committedLeaderEpoch = committed?.leaderEpoch ?? -1
                        $0.metadata = committed?.metadata ?? ""
                        if name == nil { $0.errorCode = .unknownTopicID }
                    }
                }
            }
        }
        return result
    }

    private static func all(_ held: [OffsetStore.Key: OffsetStore.Committed]) -> [(String, [Int32])] {
        Dictionary(grouping: held.keys, by: \.topic).sorted { $0.key < $1.key }.map {
            ($0, $1.map(\.partition).sorted())
        }
    }

    /// OffsetDelete: forgets single offsets of a group that does not read them.
    func offsetDelete(_ call: Call, _ request: OffsetDeleteRequest) async -> OffsetDeleteResponse {
        var response = OffsetDeleteResponse()
        if coordinator.groups[request.groupID]?.members.isEmpty == false {
            response.errorCode = .nonEmptyGroup
            return response
        }
        guard let held = offsets.groups[request.groupID] else {
            response.errorCode = .groupIDNotFound
            return response
        }
        var entries: [ByteSlice] = []
        for asked in request.topics {
            var result = OffsetDeleteResponse.Topic()
            result.name = asked.name
            for partition in asked.partitions {
                let key = OffsetStore.Key(topic: asked.name, partition: partition.partitionIndex)
                if held[key] != nil { entries.append(OffsetStore.deleteEntry(request.groupID, key)) }
                let isKnown = topics[asked.name]?.partition(partition.partitionIndex) != nil
                result.partitions.append(
                    .init {
                        $0.partitionIndex = partition.partitionIndex
                        $0.errorCode = isKnown ? .none : .unknownTopicOrPartition
                    })
            }
            response.topics.append(result)
        }
        if !(await write(entries)) { response.errorCode = .coordinatorNotAvailable }
        return response
    }
}
