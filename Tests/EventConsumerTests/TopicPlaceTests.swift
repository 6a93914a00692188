import Events
import EventStore
import KafkaProtocol
import Testing

@testable import EventConsumer
@testable import KafkaClient

@Suite struct TopicPlaceTests {
    private let found = TopicRecord(id: EventID(high: 1, low: 2), name: "events", epoch: 1, partitions: 3)
    private let record = TopicRecord(id: EventID(high: 1, low: 2), name: "events", epoch: 4, partitions: 3)

    @Test(arguments: [[:], [0: 0, 1: 0]] as [[Int32: Int64]])
    func theFirstTopicIsWrittenDown(committed: [Int32: Int64]) throws {
        #expect(try TopicPlace.decide(found, recorded: [], committed: committed) == .record(found))
    }

    @Test func theRecordedTopicHasItsEpoch() throws {
        let older = TopicRecord(id: EventID(high: 9, low: 9), name: "old", epoch: 3, partitions: 1)
        #expect(try TopicPlace.decide(found, recorded: [older, record], committed: [:]) == .read(record))
    }

    @Test func aNewDatabaseBesideAGroupThatHasReadIsRebuilt() throws {
        #expect(
            try TopicPlace.decide(found, recorded: [], committed: [0: 0, 2: 17]) == .rebuild(found, .databaseIsNew))
    }

    @Test func whatIsAskedForIsDoneOnce() throws {
        var wanted = record
        wanted.rebuild = 2
        wanted.rebuilt = 1
        var done = wanted
        done.rebuilt = 2
        #expect(try TopicPlace.decide(found, recorded: [wanted], committed: [:]) == .rebuild(done, .wanted))
        #expect(try TopicPlace.decide(found, recorded: [done], committed: [0: 5]) == .read(done))
    }

    @Test func anotherPartitionCountIsRefused() {
        var grown = found
        grown.partitions = 6
        let error = #expect(throws: EventStoreError.self) {
            try TopicPlace.decide(grown, recorded: [record], committed: [:])
        }
        #expect(error?.isPermanent == true)
        #expect(error?.message.contains("has 6 partitions, 3 when") == true)
    }

    @Test func anotherTopicIsRefusedAndTheWayOnIsTold() {
        var other = found
        other.id = EventID(high: 7, low: 7)
        let error = #expect(throws: EventStoreError.self) {
            try TopicPlace.decide(other, recorded: [record], committed: [:])
        }
        #expect(error?.isPermanent == true)
        #expect(error?.message.contains("event-analytics topic adopt") == true)
    }

    @Test func anAdoptedTopicGetsTheNextEpochAndIsReadFromItsBeginning() throws {
        var other = found
        other.id = EventID(high: 7, low: 7)
        let adopted = try #require(try TopicPlace.adopt(other, recorded: [record]))
        #expect(adopted.epoch == 5)
        #expect(adopted.isRebuildDue)
        #expect(
            try TopicPlace.decide(other, recorded: [record, adopted], committed: [:])
                == .rebuild(adopted.rebuilding, .wanted))
        #expect(try TopicPlace.adopt(found, recorded: [record]) == nil)
    }

    @Test func whereNoEpochIsLeftNoTopicIsAdopted() {
        var last = record
        last.id = EventID(high: 8, low: 8)
        last.epoch = .max
        #expect(throws: EventStoreError.self) { try TopicPlace.adopt(found, recorded: [last]) }
    }

    @Test func aTopicIsTheRecordedOneByItsIDAndItsPartitions() {
        func found(_ high: UInt64, _ count: Int) -> TopicDescription {
            TopicDescription(name: "events", id: KafkaUUID(high: high, low: 2), partitionCount: count)
        }
        #expect(record.isThat(found(1, 3)))
        #expect(!record.isThat(found(1, 4)))
        #expect(!record.isThat(found(9, 3)))
        // A cluster of an old kind has no ids.
        #expect(record.isThat(TopicDescription(name: "events", id: .zero, partitionCount: 3)))
    }
}
