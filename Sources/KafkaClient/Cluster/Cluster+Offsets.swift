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
        let offsets = try await offsets(of: [partition], at: place, isolation: isolation)
        guard let offset = offsets[partition] else { throw OffsetLookup.noAnswer(partition) }
        return offset
    }

    /// Asks the partitions' leaders for an offset of each: all leaders at once, in one request each, until all are known.
    ///
    /// - Throws: what a partition failed with, once all leaders have answered or failed.
    func offsets(
        of partitions: some Sequence<TopicPartition>, at place: OffsetPlace,
        isolation: ConsumerConfiguration.Isolation = .readUncommitted
    ) async throws(KafkaError) -> [TopicPartition: Int64] {
        var lookup = OffsetLookup(partitions, at: place)
        return try await retrying { () async throws(KafkaError) in
            for name in lookup.topics { _ = try await topic(name) }
            for answer in await ask(lookup.requests(metadata), at: place, isolation) {
                lookup.answered(answer.asked, answer.result)
            }
            guard let failure = lookup.failure else { return lookup.offsets }
            wantsRefresh()
            throw failure
        }
    }

    private func ask(
        _ requests: [OffsetLookup.Request], at place: OffsetPlace, _ isolation: ConsumerConfiguration.Isolation
    ) async -> [OffsetLookup.Answer] {
        await withTaskGroup(of: OffsetLookup.Answer.self) { tasks in
            for asked in requests {
                tasks.addTask { await self.answer(to: asked, at: place, isolation) }
            }
            var answers: [OffsetLookup.Answer] = []
            for await answer in tasks { answers.append(answer) }
            return answers
        }
    }

    private func answer(
        to asked: OffsetLookup.Request, at place: OffsetPlace, _ isolation: ConsumerConfiguration.Isolation
    ) async -> OffsetLookup.Answer {
        do throws(KafkaError) {
            return OffsetLookup.Answer(asked: asked, result: .success(try await ask(asked, at: place, isolation)))
        } catch {
            return OffsetLookup.Answer(asked: asked, result: .failure(error))
        }
    }

    private func ask(
        _ asked: OffsetLookup.Request, at place: OffsetPlace, _ isolation: ConsumerConfiguration.Isolation
    ) async throws(KafkaError) -> ListOffsetsResponse {
        guard let link = link(to: asked.leader, for: .calls) else {
            let partition = asked.epochs.keys.min()
            throw KafkaError(
                .connection, "the partition has no leader now", topic: partition?.topic,
                partition: partition?.partition, isRetriable: true)
        }
        return try await link.call(
            ListOffsetsRequest {
                $0.replicaID = -1
                $0.isolationLevel = isolation == .readCommitted ? 1 : 0
                $0.timeoutMs = Int32(clamping: configuration.requestTimeout.milliseconds)
                $0.topics = Dictionary(grouping: asked.epochs, by: \.key.topic).map { topic, partitions in
                    ListOffsetsRequest.Topic {
                        $0.name = topic
                        $0.partitions = partitions.map { partition, epoch in
                            ListOffsetsRequest.Partition {
                                $0.partitionIndex = partition.partition
                                $0.currentLeaderEpoch = epoch
                                $0.timestamp = place.timestamp
                            }
                        }
                    }
                }
            })
    }
}
