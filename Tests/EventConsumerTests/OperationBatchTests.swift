import Bytes
import KafkaProtocol
import Testing

@testable import EventConsumer
@testable import KafkaClient

/// Taking fetched records into batches, in part.
@Suite struct OperationBatchTests {
    private func fetched(_ batches: [[String]], _ compression: CompressionType = .lz4) throws -> FetchedRecords {
        var bytes = ByteWriter()
        var offset: Int64 = 0
        for values in batches {
            var builder = RecordBatchBuilder()
            for value in values { builder.append(timestamp: 100 + offset, key: nil, value: ByteSlice(utf8: value)) }
            bytes.write(try builder.finish(compression: compression, baseOffset: offset))
            offset += Int64(values.count)
        }
        return FetchedRecords(
            partition: TopicPartition("events", 0), topicID: .zero, firstOffset: 0, nextOffset: offset,
            highWatermark: offset,
            batches: bytes.finish(), aborted: [])
    }

    /// What each batch takes until the cursor's end, as the offsets to commit.
    private func offsets(_ records: FetchedRecords, upTo count: Int = .max, bytes: Int = .max) -> [Int64] {
        var cursor = records.cursor(limit: 1 << 20)
        var offsets: [Int64] = []
        while !cursor.isAtEnd, offsets.count < 100 {
            var batch = OperationBatch(epoch: 1)
            batch.take(from: &cursor, lease: 1, upTo: count, bytes: bytes)
            offsets.append(batch.offsets[0] ?? -1)
        }
        return offsets
    }

    @Test func aLimitOfMessagesCutsABatchOfKafkas() throws {
        let records = try fetched([(0..<7).map { BatchApplierTests.create($0) }])
        #expect(offsets(records, upTo: 3) == [3, 6, 7])
    }

    @Test func bytesAreCountedDecompressed() throws {
        let large = String(repeating: "x", count: 100_000)
        let records = try fetched((0..<6).map { [BatchApplierTests.create($0, input: large)] })
        #expect(records.byteCount < 10_000)
        #expect(offsets(records, bytes: 250_000) == [3, 6])
    }

    @Test func aBatchOfKafkasThatIsLargerThanTheLimitIsTakenMessageByMessage() throws {
        let large = String(repeating: "x", count: 100_000)
        let records = try fetched([(0..<3).map { BatchApplierTests.create($0, input: large) }, ["last"]])
        #expect(offsets(records, bytes: 1000) == [1, 2, 3, 4])
    }

    @Test func whatCannotBeReadIsADeadLetterWithItsPlace() throws {
        let huge = String(repeating: "x", count: 2 << 20)
        var cursor = try fetched([["no operation"], [huge], [BatchApplierTests.create(1)]]).cursor(limit: 1 << 20)
        var batch = OperationBatch(epoch: 1)
        batch.take(from: &cursor, lease: 1, upTo: .max, bytes: .max)
        #expect(batch.deadLetters.map(\.offset) == [0, 1])
        #expect(batch.deadLetters[1].reason.contains("decompresses to more than"))
        #expect(batch.chains.count == 1)
        #expect(batch.offsets == [0: 3])
        #expect(batch.oldest == [0: 100] && batch.newest == [0: 102])
    }
}
