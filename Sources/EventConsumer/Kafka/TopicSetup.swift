import EventStore
import Events
import KafkaClient
import KafkaProtocol
import Telemetry
import Transport

/// Finds the topic, or makes it, and finds out what its rows' versions begin with. On the loop.
struct TopicSetup {
    let configuration: EventConsumerConfiguration
    let store: EventStore
    let admin: KafkaAdmin
    let log: Logger

    private var topic: EventTopic { configuration.topic }

    /// The topic that is there.
    ///
    /// - Throws: `KafkaError` `.unknownTopic` where there is none.
    func find() async throws -> TopicRecord {
        guard let found = try await admin.describeTopics([topic.name])[topic.name] else {
            throw KafkaError(.unknownTopic, "there is no such topic", topic: topic.name)
        }
        return record(found)
    }

    /// Finds the topic, and makes it and the one for dead letters where they are missing.
    ///
    /// - Throws: `KafkaError`, retriable where the topic was made just now: it is found in a moment.
    func findOrMake() async throws -> TopicRecord {
        let found = try await admin.describeTopics([topic.name, topic.deadLetterName])
        var missing: [NewTopic] = []
        if found[topic.name] == nil {
            missing.append(NewTopic(topic.name, partitions: Int32(topic.partitions), settings: topic.settings))
        }
        if found[topic.deadLetterName] == nil {
            missing.append(NewTopic(topic.deadLetterName, partitions: 1, settings: topic.settings))
        }
        if !missing.isEmpty { try await admin.createTopics(missing) }
        guard let description = found[topic.name] else {
            throw KafkaError(.unknownTopic, "the topic was made just now", topic: topic.name, isRetriable: true)
        }
        return record(description)
    }

    /// A topic, with the epoch that it gets if it is the first one.
    private func record(_ found: TopicDescription) -> TopicRecord {
        TopicRecord(
            id: EventID(high: found.id.high, low: found.id.low), name: topic.name, epoch: 1,
            partitions: UInt32(clamping: found.partitionCount))
    }

    /// Sees to it that the topic is written down, and that the group is at its beginning where it is to be read again.
    ///
    /// - Throws: `EventStoreError` permanent where it is another topic; `KafkaError` while the group has members,
    ///   who must leave before it can go back.
    func record(_ found: TopicRecord) async throws -> TopicRecord {
        let recorded = try await store.topics()
        let partitions = (0..<Int32(clamping: found.partitions)).map { TopicPartition(found.name, $0) }
        var committed: [Int32: Int64] = [:]
        if recorded.isEmpty {
            for (partition, offset) in try await admin.committedOffsets(ofGroup: configuration.groupID, partitions) {
                committed[partition.partition] = offset
            }
        }
        switch try TopicPlace.decide(found, recorded: recorded, committed: committed) {
        case .read(let record):
            return record
        case .record(let record):
            try await store.record(record)
            return record
        case .rebuild(let record, let reason):
            try await goBack(partitions, reason)
            try await store.record(record)
            return record
        }
    }

    /// Sets the group to the topic's beginning.
    private func goBack(_ partitions: [TopicPartition], _ reason: TopicPlace.Reason) async throws {
        let why =
            switch reason {
            case .databaseIsNew: "the database is new and the group is not: reading the topic from its beginning"
            case .wanted: "reading the topic from its beginning, as asked for"
            }
        let starts = try await admin.offsets(of: partitions, at: .earliest)
        do {
            try await admin.setCommittedOffsets(ofGroup: configuration.groupID, starts)
        } catch let error as KafkaError where error.code == .fenced {
            throw KafkaError(
                .rebalanceInProgress,
                "the topic is to be read from its beginning, once all consumers have left the group "
                    + "'\(configuration.groupID)': they do so by themselves, or when their sessions end",
                topic: topic.name, isRetriable: true)
        }
        let gone = starts.values.reduce(Int64(0)) { $0.addingClamped($1) }
        log.warning(why, metadata: [.topic: topic.name, "group": configuration.groupID])
        if gone > 0 {
            log.warning(
                "the topic does not begin with its first message any more: what older ones did cannot be rebuilt",
                metadata: [.topic: topic.name, .count: gone])
        }
    }
}

extension TopicRecord {
    /// Whether a topic that the cluster describes is the recorded one, with as many partitions.
    func isThat(_ found: TopicDescription) -> Bool {
        (found.id.isZero || found.id == KafkaUUID(high: id.high, low: id.low))
            && found.partitionCount == Int(partitions)
    }
}
