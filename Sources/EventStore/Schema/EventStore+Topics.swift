import Bytes
import ClickHouseClient
import ClickHouseProtocol
public import Events

/// What is written down of a topic whose events are stored.
public struct TopicRecord: Hashable, Sendable {
    /// Its id, which a topic that is made anew under the same name does not have.
    public var id: EventID
    /// Its name.
    public var name: String
    /// The upper bits of its rows' versions.
    public var epoch: UInt16
    /// How many partitions it has.
    public var partitions: UInt32
    /// How often it was asked for that the topic be read from its beginning again.
    public var rebuild: UInt32 = 0
    /// How many of these times it was begun.
    public var rebuilt: UInt32 = 0

    /// Describes a topic.
    public init(id: EventID, name: String, epoch: UInt16, partitions: UInt32) {
        self.id = id
        self.name = name
        self.epoch = epoch
        self.partitions = partitions
    }

    /// Whether the topic is to be read from its beginning before anything else.
    public var isRebuildDue: Bool { rebuild != rebuilt }

    /// The record once that is begun.
    public var rebuilding: TopicRecord {
        var record = self
        record.rebuilt = rebuild
        return record
    }
}

extension EventStore {
    /// The topics whose events are stored.
    public func topics() async throws(EventStoreError) -> [TopicRecord] {
        try await asking {
            var records: [TopicRecord] = []
            for block in try await client.blocks(
                statement("SELECT topic_id, name, epoch, partitions, rebuild, rebuilt FROM topics FINAL ORDER BY epoch")
            ) {
                let columns = BlockColumns(block)
                let ids = try columns.uuids(0)
                let names = try columns.text(1)
                let epochs = try columns.numbers(2)
                let partitions = try columns.numbers(3)
                let (rebuild, rebuilt) = (try columns.numbers(4), try columns.numbers(5))
                for row in 0..<block.rowCount {
                    var record = TopicRecord(
                        id: EventID(ids[row]), name: names[row].utf8 ?? "",
                        epoch: UInt16(truncatingIfNeeded: epochs[row]),
                        partitions: UInt32(truncatingIfNeeded: partitions[row]))
                    record.rebuild = UInt32(truncatingIfNeeded: rebuild[row])
                    record.rebuilt = UInt32(truncatingIfNeeded: rebuilt[row])
                    records.append(record)
                }
            }
            return records
        }
    }

    /// Writes a topic down, in place of what was written of it before. Two consumers that do so at once write the same.
    public func record(_ topic: TopicRecord) async throws(EventStoreError) {
        try await asking {
            var query = statement(
                "INSERT INTO topics (topic_id, name, epoch, partitions, rebuild, rebuilt) "
                    + "SELECT {id:UUID}, {name:String}, {epoch:UInt16}, {partitions:UInt32}, {rebuild:UInt32}, "
                    + "{rebuilt:UInt32}")
            query.parameters = [
                QueryParameter("id", .uuid(ClickHouseUUID(topic.id))), QueryParameter("name", .string(topic.name)),
                QueryParameter("epoch", .uint(UInt64(topic.epoch))),
                QueryParameter("partitions", .uint(UInt64(topic.partitions))),
                QueryParameter("rebuild", .uint(UInt64(topic.rebuild))),
                QueryParameter("rebuilt", .uint(UInt64(topic.rebuilt))),
            ]
            try await client.execute(query)
        }
    }
}
