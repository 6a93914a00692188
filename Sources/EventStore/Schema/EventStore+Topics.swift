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

    /// Describes a topic.
    public init(id: EventID, name: String, epoch: UInt16, partitions: UInt32) {
        self.id = id
        self.name = name
        self.epoch = epoch
        self.partitions = partitions
    }
}

extension EventStore {
    /// The topics whose events are stored.
    public func topics() async throws(EventStoreError) -> [TopicRecord] {
        try await asking {
            var records: [TopicRecord] = []
            for block in try await client.blocks(
                statement("SELECT topic_id, name, epoch, partitions FROM topics FINAL ORDER BY epoch"))
            {
                let columns = BlockColumns(block)
                let ids = try columns.uuids(0)
                let names = try columns.text(1)
                let epochs = try columns.numbers(2)
                let partitions = try columns.numbers(3)
                for row in 0..<block.rowCount {
                    records.append(
                        TopicRecord(
                            id: EventID(ids[row]), name: names[row].utf8 ?? "",
                            epoch: UInt16(truncatingIfNeeded: epochs[row]),
                            partitions: UInt32(truncatingIfNeeded: partitions[row])))
                }
            }
            return records
        }
    }

    /// Writes a topic down. Two consumers that do so at once write the same.
    public func record(_ topic: TopicRecord) async throws(EventStoreError) {
        try await asking {
            var query = statement(
                "INSERT INTO topics (topic_id, name, epoch, partitions) "
                    + "SELECT {id:UUID}, {name:String}, {epoch:UInt16}, {partitions:UInt32}")
            query.parameters = [
                QueryParameter("id", .uuid(ClickHouseUUID(topic.id))), QueryParameter("name", .string(topic.name)),
                QueryParameter("epoch", .uint(UInt64(topic.epoch))),
                QueryParameter("partitions", .uint(UInt64(topic.partitions))),
            ]
            try await client.execute(query)
        }
    }
}
