import Bytes
import Foundation
@testable import KafkaProtocol
import Testing

/// A record batch as Kafka's own classes write it, and what is in it.
struct BatchCase: Decodable {
    let hex: String
    let batches: [Batch]

    struct Batch: Decodable {
        let baseOffset: Int64
        let lastOffset: Int64
        let partitionLeaderEpoch: Int32
        let compression: String
        let isTransactional: Bool
        let isControl: Bool
        let maxTimestamp: Int64
        let producerId: Int64
        let producerEpoch: Int16
        let baseSequence: Int32
        let lastSequence: Int32
        let crc: UInt32
        let records: [Record]
    }

    struct Record: Decodable {
        let offset: Int64
        let timestamp: Int64
        let key: Data?
        let value: Data?
        let headers: [Header]
    }

    struct Header: Decodable {
        let key: String
        let value: Data?
    }

    static func load(_ url: URL) throws -> [BatchCase] {
        try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { line in
            try JSONDecoder().decode(BatchCase.self, from: Data(line.utf8))
        }
    }

    var bytes: ByteSlice { ByteSlice(hex: hex) }
}

/// Checks that the batches read as Kafka says, and that they are written again to the same bytes where that does not
/// depend on a compression library.
func check(_ expected: BatchCase, using decompressor: RecordDecompressor) throws {
    var batches = RecordBatches(expected.bytes)
    for expected in expected.batches {
        let batch = try #require(try batches.next())
        let header = batch.header
        #expect(batch.isIntact)
        #expect(header.baseOffset == expected.baseOffset)
        #expect(header.lastOffset == expected.lastOffset)
        #expect(header.partitionLeaderEpoch == expected.partitionLeaderEpoch)
        #expect(header.attributes.compression.name == expected.compression)
        #expect(header.attributes.isTransactional == expected.isTransactional)
        #expect(header.attributes.isControl == expected.isControl)
        #expect(header.maxTimestamp == expected.maxTimestamp)
        #expect(header.producerID == expected.producerId)
        #expect(header.producerEpoch == expected.producerEpoch)
        #expect(header.baseSequence == expected.baseSequence)
        #expect(header.lastSequence == expected.lastSequence)
        #expect(header.crc == expected.crc)

        var builder = RecordBatchBuilder()
        var records = try batch.records(using: decompressor)
        for expected in expected.records {
            let record = try #require(try records.next())
            #expect(record.offset == expected.offset)
            #expect(record.timestamp == expected.timestamp)
            #expect(record.key == expected.key.map { ByteSlice(Array($0)) })
            #expect(record.value == expected.value.map { ByteSlice(Array($0)) })
            let headers = expected.headers.map { RecordHeader($0.key, $0.value.map { ByteSlice(Array($0)) }) }
            #expect(Array(record.headers) == headers)
            let increment = builder.sizeIncrement(
                timestamp: record.timestamp, keyCount: record.key?.count, valueCount: record.value?.count,
                headers: headers)
            let before = builder.byteCount
            builder.append(timestamp: record.timestamp, key: record.key, value: record.value, headers: headers)
            let after = builder.byteCount
            #expect(after - before == increment)
        }
        #expect(try records.next() == nil)
        let written = try builder.finish(
            compression: header.attributes.compression, using: RecordCompressor(),
            producer: ProducerState(
                id: header.producerID, epoch: header.producerEpoch, sequence: header.baseSequence),
            isTransactional: expected.isTransactional, isControl: expected.isControl,
            baseOffset: expected.baseOffset, partitionLeaderEpoch: expected.partitionLeaderEpoch)
        if header.attributes.compression == .none {
            #expect(written == batch.bytes)
        } else {
            let again = try RecordBatch(written)
            #expect(again.isIntact)
            #expect(try again.records(using: decompressor).bytes == batch.records(using: decompressor).bytes)
        }
    }
    #expect(try batches.next() == nil)
}
