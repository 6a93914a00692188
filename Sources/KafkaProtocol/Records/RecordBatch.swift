public import Bytes

/// A record batch (KIP-98) as it is on the wire and in the log: its header, and all its bytes.
public struct RecordBatch: Sendable {
    /// What it begins with.
    public let header: RecordBatchHeader

    /// The whole batch, header included.
    public let bytes: ByteSlice

    /// Reads the batch at the start of the bytes; others may follow it.
    ///
    /// - Throws: `KafkaProtocolError` `.endOfBytes` where the batch is not whole, or what the header throws.
    public init(_ bytes: ByteSlice) throws(KafkaProtocolError) {
        var reader = ByteReader(bytes.span)
        header = try RecordBatchHeader(from: &reader)
        guard header.batchByteCount <= bytes.count else {
            throw KafkaProtocolError(.endOfBytes, "the record batch of \(header.batchByteCount) bytes is cut off")
        }
        self.bytes = bytes.prefix(header.batchByteCount)
    }

    init(header: RecordBatchHeader, bytes: ByteSlice) {
        self.header = header
        self.bytes = bytes
    }

    /// The records as they are on the wire, compressed or not.
    public var payload: ByteSlice { bytes.suffix(from: RecordBatchHeader.byteCount) }

    /// Whether the bytes are those that the checksum was taken of.
    public var isIntact: Bool {
        CRC32C.checksum(bytes.span.extracting(RecordBatchHeader.checksumStart..<bytes.count)) == header.crc
    }

    /// Checks that the bytes are those that the checksum was taken of.
    ///
    /// - Throws: `KafkaProtocolError` `.checksum`.
    public func checkIntact() throws(KafkaProtocolError) {
        guard isIntact else {
            throw KafkaProtocolError(
                .checksum, "the record batch at offset \(header.baseOffset) is damaged: its checksum does not match")
        }
    }

    /// The records, decompressed where they must be.
    ///
    /// - Parameter limit: how many bytes they may have when decompressed.
    /// - Throws: `KafkaProtocolError` where they cannot be decompressed, or have more bytes.
    public func records(
        using decompressor: RecordDecompressor, limit: Int = RecordDecompressor.standardLimit
    ) throws(KafkaProtocolError) -> RecordReader {
        let records = try decompressor.decompress(payload, header.attributes.compression, limit: limit)
        return RecordReader(header: header, bytes: records)
    }
}

/// Goes through the batches in a `records` field or a piece of a log, one after the other, without copying.
///
///     var batches = RecordBatches(response.records ?? .empty)
///     while let batch = try batches.next() { … }
public struct RecordBatches: Sendable {
    /// What was not read yet. Behind the last whole batch it may be part of another: a broker cuts its answers off at
    /// the number of bytes that was asked for.
    public private(set) var rest: ByteSlice

    /// Goes through the batches in the bytes.
    public init(_ bytes: ByteSlice) { rest = bytes }

    /// The next whole batch; nil where none is left.
    ///
    /// - Throws: `KafkaProtocolError` where the bytes are no batch.
    public mutating func next() throws(KafkaProtocolError) -> RecordBatch? {
        guard rest.count >= RecordBatchHeader.lengthOverhead else { return nil }
        do throws(KafkaProtocolError) {
            let batch = try RecordBatch(rest)
            rest = rest.suffix(from: batch.bytes.count)
            return batch
        } catch  where error.code == .endOfBytes {
            return nil
        }
    }
}
