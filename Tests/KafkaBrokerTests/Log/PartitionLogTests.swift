import Bytes
import KafkaProtocol
import Synchronization
import Testing

@testable import KafkaBroker

@Suite struct PartitionLogTests {
    @Test func offsetsFollowOneAnother() throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path)
        #expect(try log.append(try batch(["a", "b"])) == .appended(baseOffset: 0))
        #expect(try log.append(try batch(["c"])) == .appended(baseOffset: 2))
        #expect(log.endOffset == 3)
        #expect(try values(try log.bytes(from: 0)) == ["a", "b", "c"])
        #expect(try values(try log.bytes(from: 2)) == ["c"])
        guard case .end = log.read(from: 3, maxBytes: 100) else { return #expect(Bool(false)) }
        guard case .outOfRange = log.read(from: 4, maxBytes: 100) else { return #expect(Bool(false)) }
        guard case .outOfRange = log.read(from: -1, maxBytes: 100) else { return #expect(Bool(false)) }
    }

    @Test func aBatchIsKeptWithItsOffsetAndEpochAndASoundChecksum() throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path)
        try log.append(try batch(["a"]))
        try log.append(try batch(["b", "c"], compression: .lz4))
        let second = try RecordBatch(try log.bytes(from: 1))
        #expect(second.header.baseOffset == 1)
        #expect(second.header.partitionLeaderEpoch == 0)
        #expect(second.isIntact)
    }

    @Test func batchesThatWaitTogetherAreWrittenInOneGo() throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path)
        let appends = try (0..<10).map { try log.enqueue(try batch(["\($0)"])) }
        #expect(log.endOffset == 0)
        let flush = try #require(log.stage(now: 0))
        #expect(!log.hasPending)
        #expect(appends.allSatisfy { $0.outcome == nil })
        log.commit(to: try flush.run(), now: 0)
        #expect(appends.map(\.outcome) == (0..<10).map { .appended(baseOffset: $0) })
    }

    @Test func nothingIsVisibleBeforeItIsWritten() throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path)
        _ = try log.enqueue(try batch(["a"]))
        let flush = try #require(log.stage(now: 0))
        guard case .end = log.read(from: 0, maxBytes: 100) else { return #expect(Bool(false)) }
        log.commit(to: try flush.run(), now: 0)
        #expect(try values(try log.bytes(from: 0)) == ["a"])
    }

    @Test func segmentsAreRolledAndReadAcross() throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path, settings: .init(segmentBytes: 300))
        log.tailLimit = 0
        for index in 0..<20 { try log.append(try batch(["value-\(index)", "more-\(index)"])) }
        #expect(log.segments.count > 5)
        var found: [String] = []
        var offset: Int64 = 0
        while offset < log.endOffset {
            let bytes = try log.bytes(from: offset, maxBytes: 150)
            found += try values(bytes)
            offset += Int64(try values(bytes).count)
        }
        #expect(found == (0..<20).flatMap { ["value-\($0)", "more-\($0)"] })
    }

    @Test(arguments: [0, 1 << 20]) func atLeastOneBatchWhateverItsSize(tail: Int) throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path)
        log.tailLimit = tail
        try log.append(try batch([String(repeating: "x", count: 200_000)]))
        try log.append(try batch(["y"]))
        #expect(try log.bytes(from: 0, maxBytes: 10).count > 200_000)
        #expect(try values(try log.bytes(from: 0, maxBytes: 200_100)).count == 1)
        #expect(try values(try log.bytes(from: 1, maxBytes: 10)) == ["y"])
        switch log.read(from: 0, maxBytes: 10, atLeastOne: false) {
        case .memory(let slices): #expect(slices.isEmpty)
        case .disk(let read): #expect(try read.run().isEmpty)
        case .end, .outOfRange: #expect(Bool(false))
        }
    }

    @Test func memoryAndDiskGiveTheSame() throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path)
        for index in 0..<500 { try log.append(try batch((0...(index % 7)).map { "\(index)-\($0)" })) }
        for offset in stride(from: Int64(0), to: log.endOffset, by: 13) {
            log.tailLimit = 1 << 20
            let memory = try log.bytes(from: offset, maxBytes: 1_000)
            let position = try #require(log.segments.last).index.floor(of: offset)
            let segment = try #require(log.segments.last)
            let disk = try DiskRead(
                file: segment.file, position: position, end: segment.size, offset: offset, maxBytes: 1_000,
                atLeastOne: true
            ).run()
            #expect(memory == disk)
        }
    }

    @Test func offsetsByTimestamp() throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path, settings: .init(segmentBytes: 400))
        for index in 0..<20 { try log.append(try batch(["a", "b", "c"], timestamp: Int64(index) * 100)) }
        let found = try log.search(timestamp: 501)?.run()
        #expect(found?.offset == 16)
        #expect(found?.timestamp == 501)
        #expect(try log.search(timestamp: 0)?.run()?.offset == 0)
        #expect(try log.search(timestamp: 203)?.run()?.offset == 9)
        #expect(log.search(timestamp: 5_000) == nil)
        #expect(log.maxTimestamp == 1_902)
    }

    @Test func retentionRemovesWholeSegmentsFromTheFront() throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path, settings: .init(segmentBytes: 300))
        for index in 0..<20 { try log.append(try batch(["v"], timestamp: Int64(index) * 100)) }
        let count = log.segments.count
        let until = log.expiredUntil(retentionBytes: log.size / 2, retentionSince: nil)
        #expect(until > 0 && until < log.endOffset)
        #expect(log.expiredUntil(retentionBytes: nil, retentionSince: 0) == 0)
        #expect(log.expiredUntil(retentionBytes: nil, retentionSince: .max) == log.segments.last?.baseOffset)
        let removed = log.advanceStart(to: until)
        #expect(log.segments.count < count)
        #expect(!removed.isEmpty)
        guard case .outOfRange = log.read(from: until - 1, maxBytes: 10) else { return #expect(Bool(false)) }
        #expect(try !log.bytes(from: until).isEmpty)
    }

    @Test func aDiskThatFillsUpLeavesNothingHalfVisible() throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path)
        let producer = ProducerState(id: 7, epoch: 0, sequence: 0)
        try log.append(try batch(["a"], producer: producer))
        let file = try #require(log.segments.last).file
        let size = try file.size()
        file.room.store(40, ordering: .relaxed)
        let next = try batch(["b"], producer: ProducerState(id: 7, epoch: 0, sequence: 1))
        #expect(try log.append(next) == .failed)
        #expect(try file.size() == size)
        #expect(log.endOffset == 1)
        #expect(try values(try log.bytes(from: 0)) == ["a"])
        // The producer's state is as before, so that its retry is taken once there is room.
        file.room.store(.max, ordering: .relaxed)
        #expect(try log.append(next) == .appended(baseOffset: 1))
        #expect(try values(try log.bytes(from: 0)) == ["a", "b"])
    }

    @Test func aDeletedPartitionAnswersWhatWaits() throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path)
        let waiting = try log.enqueue(try batch(["a"]))
        log.markDeleted()
        #expect(waiting.outcome == .gone)
        #expect(try log.enqueue(try batch(["b"])).outcome == .gone)
    }
}
