import Events
import EventStore
import Testing

@testable import EventConsumer

@Suite struct TopicPlaceTests {
    private let found = TopicRecord(id: EventID(high: 1, low: 2), name: "events", epoch: 1, partitions: 3)
    private let record = TopicRecord(id: EventID(high: 1, low: 2), name: "events", epoch: 4, partitions: 3)

    @Test func theFirstTopicIsWrittenDown() throws {
        let (record, isNew) = try TopicPlace.decide(found, recorded: [], database: "d")
        #expect(isNew)
        #expect(record == TopicRecord(id: EventID(high: 1, low: 2), name: "events", epoch: 1, partitions: 3))
    }

    @Test func theRecordedTopicHasItsEpoch() throws {
        let older = TopicRecord(id: EventID(high: 9, low: 9), name: "old", epoch: 3, partitions: 1)
        let (known, isNew) = try TopicPlace.decide(found, recorded: [older, record], database: "d")
        #expect(!isNew)
        #expect(known == record)
    }

    @Test func anotherPartitionCountIsRefused() {
        var grown = found
        grown.partitions = 6
        let error = #expect(throws: EventStoreError.self) {
            try TopicPlace.decide(grown, recorded: [record], database: "d")
        }
        #expect(error?.isPermanent == true)
        #expect(error?.message.contains("has 6 partitions, 3 when") == true)
    }

    @Test func anotherTopicIsRefusedAndTheWayOnIsTold() {
        var other = found
        other.id = EventID(high: 7, low: 7)
        let error = #expect(throws: EventStoreError.self) {
            try TopicPlace.decide(other, recorded: [record], database: "d")
        }
        #expect(error?.isPermanent == true)
        #expect(
            error?.message.contains(
                "INSERT INTO d.topics (topic_id, name, epoch, partitions) VALUES "
                    + "('00000000-0000-0007-0000-000000000007', 'events', 5, 3)") == true)
    }
}
