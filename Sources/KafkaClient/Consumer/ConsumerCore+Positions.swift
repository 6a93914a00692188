import KafkaProtocol
import Telemetry
import Transport

/// Where to begin, and where to go on once the log no longer has what was asked for.
extension ConsumerCore {
    /// Goes on reading partitions where their brokers say.
    func seek(_ partitions: [TopicPartition], to place: OffsetPlace) async throws(KafkaError) {
        for partition in partitions where states[partition] == nil { throw notAssigned(partition) }
        let isolation = configuration.isolation
        var offsets = try await cluster.offsets(of: partitions, at: place, isolation: isolation)
        let later = offsets.filter { $0.value < 0 }.map(\.key)
        if !later.isEmpty {
            let ends = try await cluster.offsets(of: later, at: .latest, isolation: isolation)
            offsets.merge(ends) { _, end in end }
        }
        // They may have been taken away meanwhile: then none is moved.
        for partition in partitions where states[partition] == nil { throw notAssigned(partition) }
        for (partition, offset) in offsets { try seek(partition, to: offset) }
    }

    /// A topic that was made again under the same name has other records at the same offsets: it is read as one without a
    /// committed offset.
    func noticeNewTopics() {
        for state in Array(states.values) {
            guard let id = cluster.metadata.topics[state.partition.topic]?.id, !id.isZero else { continue }
            guard let known = state.topicID, !known.isZero, known != id else {
                state.topicID = id
                continue
            }
            logger.warning(
                "the topic was made again: its offsets are reset",
                metadata: ["partition": state.partition.description, "offset": "\(state.delivered ?? -1)"])
            let anew = restart(state, at: nil)
            anew.topicID = id
            find(anew, instead: state.position ?? -1)
        }
    }

    func outOfRange(_ state: FetchState, _ position: Int64) {
        logger.warning(
            "offset out of range", metadata: ["partition": state.partition.description, "offset": "\(position)"])
        state.position = nil
        // Brokers that say so of what they have just called the log's start are not asked as fast as they answer.
        backOff(state)
        find(state, instead: position)
    }

    /// Looks up where to go on with a partition, whose records at `position` are not there any more.
    private func find(_ state: FetchState, instead position: Int64) {
        guard configuration.offsetReset != .fail else {
            return fail(
                KafkaError(
                    .offsetOutOfRange, "offset \(position) is not in the log", topic: state.partition.topic,
                    partition: state.partition.partition))
        }
        cluster.spawn { [self] in await self.reset(state) }
    }

    /// Looks up where to go on, for as long as the partition is read here and that is not known.
    private func reset(_ state: FetchState) async {
        var attempts = Attempts(configuration.kafka.retryBackoff)
        while states[state.partition] === state, state.position == nil {
            do throws(KafkaError) {
                let offset = try await resetOffset(of: state.partition)
                guard states[state.partition] === state, state.position == nil else { return }
                state.position = offset
                state.delivered = offset
                fetchAll()
            } catch {
                if error.code == .cancelled || cluster.isClosed { return }
                guard error.isRetriable else { return fail(error) }
                do throws(KafkaError) {
                    try await cluster.pause(attempts.failed())
                } catch {
                    return
                }
            }
        }
    }

    /// Where to begin without a committed offset.
    func resetOffset(of partition: TopicPartition) async throws(KafkaError) -> Int64 {
        let offsets = try await resetOffsets(of: [partition])
        guard let offset = offsets[partition] else { throw noOffset(partition) }
        return offset
    }

    /// Where to begin in partitions without a committed offset.
    func resetOffsets(of partitions: [TopicPartition]) async throws(KafkaError) -> [TopicPartition: Int64] {
        guard let first = partitions.first else { return [:] }
        return switch configuration.offsetReset {
        case .earliest: try await cluster.offsets(of: partitions, at: .earliest)
        // Behind the newest record that may be read: those of an open transaction are still to come.
        case .latest: try await cluster.offsets(of: partitions, at: .latest, isolation: configuration.isolation)
        case .fail: throw noOffset(first)
        }
    }

    private func noOffset(_ partition: TopicPartition) -> KafkaError {
        KafkaError(
            .offsetOutOfRange, "there is no committed offset", topic: partition.topic,
            partition: partition.partition)
    }
}
