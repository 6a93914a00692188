import Bytes
import KafkaProtocol
import Testing

/// Making batches, and what a broker does with them.
@Suite struct BuilderTests {
    private func batch(
        _ count: Int = 3, producer: ProducerState? = nil, compression: CompressionType = .none
    ) throws -> RecordBatch {
        var builder = RecordBatchBuilder()
        for index in 0..<count {
            builder.append(timestamp: 1000 + Int64(index), key: ByteSlice(utf8: "k\(index)"), value: nil)
        }
        return try RecordBatch(try builder.finish(compression: compression, producer: producer))
    }

    @Test(arguments: CompressionType.all)
    func `a client's batch is valid in every compression`(compression: CompressionType) throws {
        let batch = try batch(100, producer: ProducerState(id: 1, epoch: 0, sequence: 0), compression: compression)
        try batch.validateProduced(using: RecordDecompressor())
        #expect(batch.header.lastSequence == 99)
        #expect(batch.header.maxTimestamp == 1099)
    }

    @Test func `a log places a batch without touching what the checksum covers`() throws {
        let made = try batch()
        let placed = made.placed(at: 500, leaderEpoch: 4)
        var writer = ByteWriter()
        writer.write(placed.start)
        writer.write(placed.rest)
        let stored = try RecordBatch(writer.finish())
        #expect(stored.isIntact)
        #expect(stored.header.nextOffset == 503)
        #expect(stored.header.partitionLeaderEpoch == 4)
        var records = try stored.records(using: RecordDecompressor())
        #expect(try records.next()?.offset == 500)
    }

    @Test func `a batch can be numbered anew`() throws {
        let stamped = try RecordBatch(try batch().restamped(ProducerState(id: 9, epoch: 2, sequence: 70)))
        #expect(stamped.isIntact)
        #expect(stamped.header.producerID == 9)
        #expect(stamped.header.producerEpoch == 2)
        #expect(stamped.header.lastSequence == 72)
    }

    @Test func `the broker's time takes the place of the records' own`() throws {
        let stamped = try RecordBatch(try batch().restamped(appendTime: 5000))
        #expect(stamped.isIntact)
        var records = try stored(stamped)
        #expect(try records.next()?.timestamp == 5000)
    }

    private func stored(_ batch: RecordBatch) throws -> RecordReader { try batch.records(using: RecordDecompressor()) }

    @Test func `sequence numbers begin again at 0 behind the largest`() {
        #expect(RecordBatchHeader.sequence(.max, advancedBy: 1) == 0)
        #expect(RecordBatchHeader.sequence(.max - 1, advancedBy: 1) == .max)
    }

    @Test func `the end of a transaction is a control batch`() throws {
        for end in [ControlRecord.commit(coordinatorEpoch: 3), .abort(coordinatorEpoch: 4)] {
            let batch = try RecordBatch(try end.batch(producerID: 1, producerEpoch: 2, timestamp: 3))
            #expect(batch.isIntact && batch.header.attributes.isControl && batch.header.attributes.isTransactional)
            var records = try stored(batch)
            let record = try #require(try records.next())
            #expect(try ControlRecord(record) == end)
        }
    }

    @Test func `clients may write neither control batches nor producers without an epoch`() throws {
        let control = try RecordBatch(
            try ControlRecord.commit(coordinatorEpoch: 0).batch(producerID: 1, producerEpoch: 0, timestamp: 0))
        let unnumbered = try batch(producer: ProducerState(id: 1, epoch: -1, sequence: -1))
        for batch in [control, unnumbered, try batch(0)] {
            #expect(throws: KafkaProtocolError.self) { try batch.validateProduced(using: RecordDecompressor()) }
        }
    }

    @Test func `an older record format is refused by name`() {
        var bytes = [UInt8](repeating: 0, count: 80)
        bytes[11] = 60
        bytes[16] = 1
        var batches = RecordBatches(ByteSlice(bytes))
        let error = #expect(throws: KafkaProtocolError.self) { try batches.next() }
        #expect(error?.code == .unsupported)
    }
}
