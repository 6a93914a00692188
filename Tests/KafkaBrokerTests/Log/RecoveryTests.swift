import Bytes
import KafkaProtocol
import Testing

@testable import KafkaBroker

@Suite struct RecoveryTests {
    private func path(_ folder: String) -> String { "\(folder)/\(LogSegment.name(0))" }

    @Test func aTornTailIsCutAtTheLastWholeBatchWhereverItTears() throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path)
        try log.append(try batch(["a", "b"]))
        let whole = log.size
        try log.append(try batch(["c", "d", "e"]))
        let all = try #require(try Folder.contents(of: path(folder.path)))
        for length in whole..<all.count {
            try Folder.replace(path(folder.path), with: all.prefix(length))
            let recovered = try RecoveredLog.open(folder.path, now: 0)
            #expect(recovered.endOffset == 2)
            #expect(recovered.cutBytes == length - whole)
            #expect(try File(path: path(folder.path)).size() == whole)
        }
        try Folder.replace(path(folder.path), with: all)
        #expect(try RecoveredLog.open(folder.path, now: 0).endOffset == 5)
    }

    @Test func aFlippedBitInTheLastBatchCutsIt() throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path)
        try log.append(try batch(["a"]))
        let whole = log.size
        try log.append(try batch(["bbbb"]))
        let all = try #require(try Folder.contents(of: path(folder.path))).array
        // All but the fields that the checksum leaves out: base offset, length, leader epoch.
        for index in (whole + 16)..<all.count {
            var damaged = all
            damaged[index] ^= 0x10
            try Folder.replace(path(folder.path), with: ByteSlice(damaged))
            #expect(try RecoveredLog.open(folder.path, now: 0).endOffset == 1, "byte \(index)")
        }
    }

    @Test func zeroesBehindTheEndAreCut() throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path)
        try log.append(try batch(["a"]))
        let size = log.size
        try File(path: path(folder.path)).truncate(to: size + 10_000)
        let recovered = try RecoveredLog.open(folder.path, now: 0)
        #expect(recovered.endOffset == 1)
        #expect(recovered.cutBytes == 10_000)
    }

    @Test func aCheckpointSparesTheScan() throws {
        let folder = try TemporaryFolder()
        var log = try PartitionLog.open(folder.path, settings: .init(segmentBytes: 2_000))
        for index in 0..<100 {
            try log.append(try batch(["\(index)"], producer: ProducerState(id: 3, epoch: 0, sequence: Int32(index))))
        }
        try log.storeCheckpoints()
        let behind = try batch(["behind"], producer: ProducerState(id: 3, epoch: 0, sequence: 100))
        try log.append(behind)
        let recovered = try RecoveredLog.open(folder.path, now: 0)
        #expect(recovered.scannedBytes == behind.count)
        #expect(recovered.endOffset == 101)
        #expect(
            recovered.producers == log.producers || recovered.producers.producers.keys == log.producers.producers.keys)
        log = try PartitionLog.open(folder.path)
        #expect(try log.append(behind) == .duplicate(baseOffset: 100))
        #expect(try values(try log.bytes(from: 99)).first == "99")
    }

    @Test func aDamagedCheckpointIsMadeAnew() throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path)
        for index in 0..<10 { try log.append(try batch(["\(index)"])) }
        try log.storeCheckpoints()
        let checkpoint = Checkpoint.path(of: path(folder.path))
        let bytes = try #require(try Folder.contents(of: checkpoint)).array
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x40
            try Folder.replace(checkpoint, with: ByteSlice(damaged))
            let recovered = try RecoveredLog.open(folder.path, now: 0)
            #expect(recovered.endOffset == 10)
            #expect(recovered.scannedBytes == log.size)
        }
    }

    @Test func producersAreKnownAgainFromTheLogAlone() throws {
        let folder = try TemporaryFolder()
        var log = try PartitionLog.open(folder.path)
        let batches = try (0..<7).map {
            try batch(["x", "y"], producer: ProducerState(id: 9, epoch: 1, sequence: Int32($0 * 2)))
        }
        for batch in batches { try log.append(batch) }
        log = try PartitionLog.open(folder.path)
        #expect(try log.append(batches[6]) == .duplicate(baseOffset: 12))
        #expect(try log.append(batches[2]) == .duplicate(baseOffset: 4))
        #expect(try log.append(batches[1]) == .outOfOrder)
        #expect(try log.append(try batch(["z"], producer: ProducerState(id: 9, epoch: 0, sequence: 14))) == .fenced)
        #expect(
            try log.append(try batch(["z"], producer: ProducerState(id: 9, epoch: 1, sequence: 14)))
                == .appended(baseOffset: 14))
    }

    @Test func damageWithinTheLogSetsTheRestAside() throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path, settings: .init(segmentBytes: 200))
        for index in 0..<10 { try log.append(try batch(["value \(index)"])) }
        #expect(log.segments.count > 3)
        let second = log.segments[1]
        var bytes = try #require(try Folder.contents(of: second.file.path)).array
        bytes[70] ^= 1
        try Folder.replace(second.file.path, with: ByteSlice(bytes))
        let recovered = try RecoveredLog.open(folder.path, now: 0)
        #expect(recovered.endOffset == second.baseOffset)
        #expect(recovered.damaged.count == log.segments.count - 2)
        #expect(try Folder.names(in: folder.path).filter { $0.hasSuffix(".damaged") }.count == recovered.damaged.count)
    }

    @Test func theStartStaysWhereRecordsWereDeleted() throws {
        let folder = try TemporaryFolder()
        let log = try PartitionLog.open(folder.path)
        for index in 0..<10 { try log.append(try batch(["\(index)"])) }
        try Folder.replace(RecoveredLog.startPath(folder.path), with: RecoveredLog.sealedStart(4))
        #expect(try PartitionLog.open(folder.path).startOffset == 4)
    }
}
