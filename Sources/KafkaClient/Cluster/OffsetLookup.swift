import KafkaProtocol

/// Offsets of many partitions that are looked up: who is asked for which, what is known already, and what failed last.
struct OffsetLookup {
    /// What one leader is asked for.
    struct Request: Sendable {
        /// The leader's broker id; −1 for those that have none.
        var leader: Int32
        /// The partitions, with the leader's epoch of each.
        var epochs: [TopicPartition: Int32] = [:]
    }

    /// What came of a request. No tuple: a task group that gives tuples of these crashes in release builds of Swift 6.3.
    struct Answer: Sendable {
        var asked: Request
        var result: Result<ListOffsetsResponse, KafkaError>
    }

    let place: OffsetPlace
    /// What is known.
    private(set) var offsets: [TopicPartition: Int64] = [:]
    private var missing: Set<TopicPartition>
    /// Why the missing ones are not known.
    private var failures: [TopicPartition: KafkaError] = [:]

    init(_ partitions: some Sequence<TopicPartition>, at place: OffsetPlace) {
        self.place = place
        missing = Set(partitions)
    }

    /// The topics of which something is not known yet.
    var topics: [String] { Set(missing.map(\.topic)).sorted() }

    /// Why not all is known: a failure that does not pass rather than one that may. Nil where all is.
    var failure: KafkaError? {
        let failed = failures.sorted { $0.key < $1.key }.map(\.value)
        if let failure = failed.first(where: { !$0.isRetriable }) ?? failed.first { return failure }
        return missing.min().map(Self.noAnswer)
    }

    static func noAnswer(_ partition: TopicPartition) -> KafkaError {
        KafkaError(
            .malformedResponse, "no answer for the partition", topic: partition.topic, partition: partition.partition)
    }

    /// What to ask each leader for now, of what is missing.
    mutating func requests(_ metadata: ClusterMetadata) -> [Request] {
        failures = [:]
        var requests: [Int32: Request] = [:]
        for partition in missing {
            guard let known = metadata.partition(partition) else {
                failures[partition] = KafkaError(
                    .unknownPartition, "there is no such partition", topic: partition.topic,
                    partition: partition.partition)
                continue
            }
            requests[known.leader, default: Request(leader: known.leader)].epochs[partition] = known.leaderEpoch
        }
        return Array(requests.values)
    }

    /// A leader has answered, or could not be asked.
    mutating func answered(_ request: Request, _ result: Result<ListOffsetsResponse, KafkaError>) {
        switch result {
        case .success(let response):
            for partition in request.epochs.keys { failures[partition] = Self.noAnswer(partition) }
            for topic in response.topics {
                for answer in topic.partitions {
                    let partition = TopicPartition(topic.name, answer.partitionIndex)
                    if request.epochs[partition] != nil { take(answer, of: partition) }
                }
            }
        case .failure(let error):
            for partition in request.epochs.keys { failures[partition] = error }
        }
    }

    private mutating func take(_ answer: ListOffsetsResponse.Partition, of partition: TopicPartition) {
        guard answer.errorCode == .none else {
            failures[partition] = KafkaError(
                server: answer.errorCode, "the offset was not told", topic: partition.topic,
                partition: partition.partition)
            return
        }
        var offset = answer.offset
        if offset < 0, let old = answer.oldStyleOffsets.first { offset = old }
        guard Int64.possibleOffsets.contains(offset) || offset == -1 && place.mayBeNowhere else {
            failures[partition] = KafkaError(
                .malformedResponse, "no log has the offset \(offset)", topic: partition.topic,
                partition: partition.partition)
            return
        }
        failures[partition] = nil
        missing.remove(partition)
        offsets[partition] = offset
    }
}

extension OffsetPlace {
    /// Whether there may be no such place, which brokers tell as −1: no record may be as late.
    fileprivate var mayBeNowhere: Bool {
        switch self {
        case .earliest, .latest: false
        case .time: true
        }
    }
}
