import EventStore
import Events

/// Which topic the store's rows come from, compared with the one that is there.
///
/// A row's version is its message's place. Places of two topics, or of a topic with another number of partitions, do
/// not compare: so each topic has an epoch, written down in ClickHouse, and a consumer works with a known topic alone.
enum TopicPlace {
    /// What to do before reading.
    enum Decision: Equatable {
        /// Nothing: the topic is the recorded one.
        case read(TopicRecord)
        /// Write the topic down: it is the first one.
        case record(TopicRecord)
        /// Go back to the topic's beginning, then write that down.
        case rebuild(TopicRecord, Reason)
    }

    /// Why the topic is read from its beginning again.
    enum Reason: Equatable {
        /// The database knows of no topic, but the group has read from this one: what was applied then is gone.
        case databaseIsNew
        /// Somebody asked for it.
        case wanted
    }

    /// What to do.
    ///
    /// - Parameters:
    ///   - found: The topic that is there, with the epoch that it gets if it is the first one.
    ///   - committed: The group's committed offsets, by partition; asked for only where nothing is recorded.
    /// - Throws: `EventStoreError` `.topic`, permanent, where the topic is not the recorded one.
    static func decide(
        _ found: TopicRecord, recorded: [TopicRecord], committed: [Int32: Int64]
    ) throws(EventStoreError) -> Decision {
        if let record = recorded.first(where: { $0.id == found.id }) {
            guard record.partitions == found.partitions else {
                throw EventStoreError(
                    .topic,
                    "topic '\(found.name)' has \(found.partitions) partitions, \(record.partitions) when its events were "
                        + "first stored: the count of a keyed topic must not change. Set KAFKA_TOPIC to a new topic with "
                        + "the wanted count, once the consumer has applied all of the old one",
                    isPermanent: true)
            }
            return record.isRebuildDue ? .rebuild(record.rebuilding, .wanted) : .read(record)
        }
        guard let newest = recorded.max(by: { $0.epoch < $1.epoch }) else {
            let hasRead = committed.values.contains { $0 > 0 }
            return hasRead ? .rebuild(found, .databaseIsNew) : .record(found)
        }
        throw EventStoreError(
            .topic,
            "topic '\(found.name)' has the id \(found.id), but the stored events come from topic '\(newest.name)' with the "
                + "id \(newest.id): it was made anew, or KAFKA_BROKERS, KAFKA_TOPIC or CLICKHOUSE_DATABASE names another "
                + "one. If the old topic is gone for good, or all of it was applied, go on with the new one by: "
                + "event-analytics topic adopt",
            isPermanent: true)
    }

    /// The record of a topic that takes the place of the recorded ones, to be read from its beginning; nil where it is
    /// recorded already.
    ///
    /// - Throws: `EventStoreError` `.topic`, permanent, where the epochs are used up.
    static func adopt(_ found: TopicRecord, recorded: [TopicRecord]) throws(EventStoreError) -> TopicRecord? {
        if recorded.contains(where: { $0.id == found.id }) { return nil }
        let (epoch, isOverflow) = (recorded.map(\.epoch).max() ?? 0).addingReportingOverflow(1)
        guard !isOverflow else {
            throw EventStoreError(
                .topic, "65535 topics were followed by others: no epoch is left. Begin with a new database",
                isPermanent: true)
        }
        var record = found
        record.epoch = epoch
        record.rebuild += 1
        return record
    }
}
