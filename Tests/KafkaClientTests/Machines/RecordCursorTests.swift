import Bytes
import KafkaProtocol
import TestSupport
import Testing

@testable import KafkaClient

/// Taking fetched records in part, and past what cannot be read.
@Suite struct RecordCursorTests {
    /// A batch at the given offset, whose values are the numbers of its records.
    static func batch(
        at offset: Int64, _ count: Int, compression: CompressionType = .none, value: String? = nil
    ) throws -> [UInt8] {
        var builder = RecordBatchBuilder()
        for index in 0..<count {
            builder.append(timestamp: 1, key: nil, value: ByteSlice(utf8: value ?? "\(offset + Int64(index))"))
        }
        let placed = try RecordBatch(try builder.finish(compression: compression)).placed(at: offset, leaderEpoch: 0)
        return placed.start.array + placed.rest.array
    }

    static func fetched(_ bytes: [UInt8], from offset: Int64 = 0, isVerified: Bool = false) -> FetchedRecords {
        let bytes = ByteSlice(bytes)
        var records = FetchedRecords(
            partition: TopicPartition("t", 0), topicID: .zero, firstOffset: offset,
            nextOffset: max(BatchFrames(bytes, from: offset, to: 1000).extent.nextOffset, offset), highWatermark: 1000,
            batches: bytes, aborted: [])
        records.isVerified = isVerified
        return records
    }

    /// What a cursor gives, as text: an offset, or the unreadable offsets.
    static func all(_ cursor: inout RecordCursor) -> [String] {
        var given: [String] = []
        while let item = cursor.next() {
            switch item {
            case .record(let record): given.append("\(record.offset)")
            case .unreadable(let records): given.append("\(records.offset)..<\(records.nextOffset) unreadable")
            }
        }
        return given
    }

    /// A batch whose bytes were changed and whose checksum is that of the changed bytes.
    static func changed(_ batch: [UInt8], _ change: (inout [UInt8]) -> Void) -> [UInt8] {
        var batch = batch
        change(&batch)
        let crc = CRC32C.checksum(ByteSlice(Array(batch[21...])).span)
        for index in 0..<4 { batch[17 + index] = UInt8(truncatingIfNeeded: crc >> (24 - 8 * UInt32(index))) }
        return batch
    }

    @Test func recordsAreTakenInPartAndTheOffsetToCommitFollows() throws {
        let records = Self.fetched(try Self.batch(at: 10, 3) + Self.batch(at: 13, 2), from: 11)
        var cursor = records.cursor()
        var places: [Int64] = [cursor.nextOffset]
        while let item = cursor.next() {
            guard case .record = item else { continue }
            places.append(cursor.nextOffset)
        }
        #expect(places == [11, 12, 13, 14, 15])
        #expect(cursor.isAtEnd)
        #expect(cursor.nextOffset == records.nextOffset)
    }

    @Test func aBatchIsDecompressedWhenItsFirstRecordIsAskedFor() throws {
        let letters = String(repeating: "x", count: 1 << 20)
        let bytes = try (0..<4).flatMap { try Self.batch(at: $0, 1, compression: .lz4, value: letters) }
        #expect(bytes.count < 100_000)
        var cursor = Self.fetched(bytes).cursor()
        #expect(cursor.decompressedBytes == 0)
        for count in 1...4 {
            _ = cursor.next()
            #expect(cursor.openBytes == 0)
            #expect(cursor.decompressedBytes > count << 20 && cursor.decompressedBytes < (count + 1) << 20)
        }
    }

    @Test func aBatchThatDecompressesToMoreThanItMayIsHandedOutAsItIs() throws {
        let letters = String(repeating: "x", count: 1 << 20)
        let large = try Self.batch(at: 1, 3, compression: .gzip, value: letters)
        let records = Self.fetched(try Self.batch(at: 0, 1) + large + Self.batch(at: 4, 1))
        var cursor = records.cursor(limit: 2 << 20)
        #expect(Self.all(&cursor) == ["0", "1..<4 unreadable", "4"])
        #expect(cursor.nextOffset == 5)
        var again = records.cursor(limit: 4 << 20)
        #expect(Self.all(&again) == ["0", "1", "2", "3", "4"])
    }

    /// What a batch's bytes may be changed to, each with the offsets that can be read all the same.
    static let damages: [(name: String, change: @Sendable (inout [UInt8]) -> Void, readable: [String])] = [
        ("a compression that there is not", { $0[22] = 7 }, []),
        ("an older format", { $0[16] = 1 }, []),
        ("a last delta below zero", { $0[23] = 0xff }, []),
        ("more records than there are", { $0[60] = 9 }, ["1", "2", "3"]),
        ("fewer records than there are", { $0[60] = 2 }, ["1", "2"]),
        ("a record's length past the end", { $0[61] = 0x7e }, []),
        ("an offset that stands twice", { $0[61 + 8 + 3] = 0 }, ["1"]),
        ("an offset that is not the batch's", { $0[61 + 8 + 3] = 0x7e }, ["1"]),
        ("bytes instead of gzip", { $0[22] = 1 }, []),
    ]

    @Test(arguments: damages.indices) func aBatchThatCannotBeReadHidesNothing(behind index: Int) throws {
        let damage = Self.damages[index]
        let bytes = Self.changed(try Self.batch(at: 1, 3), damage.change)
        for isVerified in [true, false] {
            var cursor = Self.fetched(
                try Self.batch(at: 0, 1) + bytes + Self.batch(at: 4, 2), isVerified: isVerified
            ).cursor()
            let given = Self.all(&cursor)
            #expect(
                given.filter { !$0.hasSuffix("unreadable") } == ["0"] + damage.readable + ["4", "5"], "\(damage.name)")
            #expect(given.contains { $0.hasSuffix("unreadable") }, "\(damage.name)")
            #expect(cursor.nextOffset == 6)
        }
    }

    @Test func aChecksumThatIsWrongForGoodIsOneUnreadableBatch() throws {
        var bytes = try Self.batch(at: 1, 3)
        bytes[bytes.count - 1] ^= 1
        let records = Self.fetched(try Self.batch(at: 0, 1) + bytes + Self.batch(at: 4, 1))
        #expect(records.fault != nil)
        var cursor = records.cursor()
        #expect(Self.all(&cursor) == ["0", "1..<4 unreadable", "4"])
    }

    @Test func aBatchWhosePlaceIsDamagedIsLeftToBeFetchedAgain() throws {
        // No checksum covers a batch's base offset.
        for place in [0, 2, 2000] as [Int64] {
            let records = Self.fetched(try Self.batch(at: 0, 3) + Self.batch(at: place, 2) + Self.batch(at: 5, 1))
            #expect(records.nextOffset == 3)
            var cursor = records.cursor()
            #expect(Self.all(&cursor) == ["0", "1", "2"])
            #expect(cursor.nextOffset == 3)
        }
        // What compaction left out is no damage.
        var cursor = Self.fetched(try Self.batch(at: 0, 1) + Self.batch(at: 40, 1)).cursor()
        #expect(Self.all(&cursor) == ["0", "40"])
    }

    @Test func whateverTheBytesAreEveryOffsetIsPassedOnceAndTheEndIsReached() throws {
        var random = SeededRandom(7)
        let whole = try Self.batch(at: 0, 5) + Self.batch(at: 5, 5, compression: .lz4) + Self.batch(at: 10, 5)
        for _ in 0..<5000 {
            var bytes = whole
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
            var cursor = Self.fetched(bytes, isVerified: Bool.random(using: &random)).cursor(limit: 1 << 16)
            var last = cursor.nextOffset
            while let item = cursor.next() {
                if case .record(let record) = item { #expect(record.offset >= last) }
                #expect(cursor.nextOffset >= last)
                last = cursor.nextOffset
            }
            #expect(cursor.isAtEnd && cursor.nextOffset <= 1000)
            #expect(cursor.next() == nil)
        }
    }
}
