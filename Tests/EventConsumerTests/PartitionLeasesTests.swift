import Bytes
import Events
import KafkaProtocol
import Testing

@testable import EventConsumer
@testable import KafkaClient

@Suite struct PartitionLeasesTests {
    private func leases(_ partitions: [Int32] = [0, 1]) -> PartitionLeases {
        var leases = PartitionLeases(cacheBytes: 1 << 20)
        leases.assign(partitions)
        return leases
    }

    private func row(_ number: Int) -> Event {
        Event(
            id: BatchApplierTests.id(number), conversationID: ByteSlice(utf8: "c"),
            createdAt: Timestamp(milliseconds: 0), updatedAt: Timestamp(milliseconds: 0), isDeleted: false,
            version: EventVersion(rawValue: 1))
    }

    @Test func theBatchHeldAtARebalanceIsPartOfItsOwnCommit() throws {
        var leases = leases()
        let lease = leases.lease(of: 0)
        leases.hold(0, from: 3)
        #expect(leases.applied(0) == 3)
        leases.revoke([0])
        #expect(!leases.isSettled([0]))
        leases.applied(0, lease: lease, before: 7)
        #expect(leases.applied(0) == 7)
        let commit = try #require(leases.dueCommit)
        #expect(commit.offsets == [0: 7])
        leases.ended(commit, isCommitted: true)
        leases.release()
        #expect(leases.isSettled([0]))
        #expect(leases.dueCommit == nil)
    }

    @Test func aPartitionIsSettledOnceACommitWasTried() throws {
        var leases = leases()
        leases.applied(0, lease: leases.lease(of: 0), before: 7)
        leases.revoke([0])
        #expect(!leases.isSettled([0]))
        leases.ended(try #require(leases.dueCommit), isCommitted: false)
        // Whoever has the partition next applies it again, without effect.
        #expect(leases.isSettled([0]))
    }

    @Test func nothingIsBegunOfAPartitionThatIsBeingRevoked() {
        var leases = leases()
        leases.revoke([0])
        #expect(leases.lease(of: 0) == nil)
        #expect(leases.lease(of: 1) != nil)
        #expect(leases.isRevoking)
        leases.giveUp([0])
        #expect(!leases.isRevoking)
        #expect(leases.partitions == [1])
    }

    @Test func aLeaseIsGivenUpAsAWhole() throws {
        var leases = leases()
        let old = leases.lease(of: 0)
        leases.keep(row(1), partition: 0, lease: old)
        leases.applied(0, lease: old, before: 7)
        leases.giveUp([0])
        leases.assign([0])
        #expect(leases.lease(of: 0) != old)
        #expect(leases.dueCommit == nil)
        #expect(leases.cache.count == 0)
        // What ends late ends for a lease that is no more.
        leases.applied(0, lease: old, before: 9)
        leases.keep(row(2), partition: 0, lease: old)
        #expect(leases.dueCommit == nil)
        #expect(leases.cache.count == 0)
    }

    @Test func aCommitThatIsAnsweredLateSaysNothingOfANewLease() throws {
        var leases = leases()
        leases.applied(0, lease: leases.lease(of: 0), before: 7)
        let commit = try #require(leases.dueCommit)
        leases.assign([0])
        leases.ended(commit, isCommitted: true)
        leases.applied(0, lease: leases.lease(of: 0), before: 7)
        #expect(leases.dueCommit?.offsets == [0: 7])
    }

    @Test func whatIsKnownOfABatchIsASnapshot() throws {
        var leases = leases()
        leases.keep(row(1), partition: 0, lease: leases.lease(of: 0))
        var batch = OperationBatch(epoch: 1)
        var builder = RecordBatchBuilder()
        builder.append(timestamp: 1, key: nil, value: ByteSlice(utf8: BatchApplierTests.delete(1)))
        var cursor = FetchedRecords(
            partition: TopicPartition("t", 0), topicID: .zero, firstOffset: 0, nextOffset: 1, highWatermark: 1,
            batches: try builder.finish(), aborted: []
        ).cursor()
        batch.take(from: &cursor, lease: try #require(leases.lease(of: 0)), upTo: 10, bytes: .max)
        let known = leases.knownRows(of: batch)
        leases.giveUp([0])
        #expect(known.count == 1)
        // Under another lease others may have written the event.
        leases.assign([0])
        leases.keep(row(1), partition: 0, lease: leases.lease(of: 0))
        #expect(leases.knownRows(of: batch).isEmpty)
    }
}
