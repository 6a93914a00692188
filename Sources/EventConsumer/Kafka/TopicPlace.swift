import EventStore
import Events

/// Which topic the store's rows come from, compared with the one that is there.
///
/// A row's version is its message's place. Places of two topics, or of a topic with another number of partitions, do
/// not compare: so each topic has an epoch, written down in ClickHouse, and a consumer works with a known topic alone.
enum TopicPlace {
    /// The topic's epoch, and whether it must be written down first.
    ///
    /// - Parameter found: The topic that is there, with the epoch that it gets if it is the first one.
    /// - Throws: `EventStoreError` `.topic`, permanent, where the topic is not the recorded one.
    static func decide(
        _ found: TopicRecord, recorded: [TopicRecord], database: String
    ) throws(EventStoreError) -> (record: TopicRecord, isNew: Bool) {
        let (id, count) = (found.id, found.partitions)
        if let record = recorded.first(where: { $0.id == id }) {
            guard record.partitions == count else {
                throw EventStoreError(
                    .topic,
                    "topic '\(found.name)' has \(count) partitions, \(record.partitions) when its events were first "
                        + "stored: the count of a keyed topic must not change. Set KAFKA_TOPIC to a new topic with the "
                        + "wanted count, once the consumer has applied all of the old one",
                    isPermanent: true)
            }
            return (record, false)
        }
        guard let newest = recorded.max(by: { $0.epoch < $1.epoch }) else {
            return (found, true)
        }
        let next = newest.epoch.addingReportingOverflow(1)
        throw EventStoreError(
            .topic,
            "topic '\(found.name)' has the id \(id), but the stored events come from topic '\(newest.name)' with the id "
                + "\(newest.id): it was made anew, or KAFKA_BROKERS, KAFKA_TOPIC or CLICKHOUSE_DATABASE names another "
                + "one. If the old topic is gone for good, or all of it was applied, go on with the new one by: "
                + "INSERT INTO \(database).topics (topic_id, name, epoch, partitions) VALUES "
                + "('\(id)', '\(found.name)', \(next.overflow ? newest.epoch : next.partialValue), \(count))",
            isPermanent: true)
    }
}
