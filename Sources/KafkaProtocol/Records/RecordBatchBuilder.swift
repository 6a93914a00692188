public import Bytes

/// Writes records one behind the other, straight into the bytes of their batch.
///
/// Without compression the batch is finished in place: a record's bytes are copied once.
public struct RecordBatchBuilder: ~Copyable {
    /// The batch so far: room for the header, then the records.
    private var writer: ByteWriter

    private var header = RecordBatchHeader()

    /// How many records there are.
    public private(set) var count = 0

    /// Makes an empty batch with room for `capacity` bytes; more comes when it is needed.
    public init(capacity: Int = 16_384) {
        writer = ByteWriter(capacity: max(capacity, RecordBatchHeader.byteCount))
        start()
    }

    /// Whether there are no records.
    public var isEmpty: Bool { count == 0 }

    /// How many bytes the batch has, header included, before compression.
    public var byteCount: Int { writer.count }

    /// The latest time of the records, in milliseconds since 1970.
    public var maxTimestamp: Int64 { header.maxTimestamp }

    /// How many bytes the batch grows by with the next record.
    ///
    /// - Parameters:
    ///   - timestamp: its time, in milliseconds since 1970.
    ///   - keyCount: how many bytes the key has; nil for no key.
    ///   - valueCount: how many bytes the value has; nil for a tombstone.
    ///   - headers: its headers.
    public func sizeIncrement(
        timestamp: Int64, keyCount: Int?, valueCount: Int?, headers: [RecordHeader] = []
    ) -> Int {
        let body = bodyByteCount(timestamp, keyCount ?? -1, valueCount ?? -1, headers)
        return zigzagByteCount(Int64(body)) + body
    }

    /// How many bytes a record takes at most, as the first of a batch.
    public static func maximumSize(keyCount: Int?, valueCount: Int?, headers: [RecordHeader] = []) -> Int {
        // Length 5, attributes 1, time 10, offset 5, and 5 for each of the lengths and the count of headers.
        36 + (keyCount ?? 0) + (valueCount ?? 0) + headers.reduce(0) { $0 + $1.byteCount }
    }

    private func bodyByteCount(
        _ timestamp: Int64, _ keyCount: Int, _ valueCount: Int, _ headers: [RecordHeader]
    ) -> Int {
        let timestampDelta = count == 0 ? 0 : timestamp &- header.baseTimestamp
        var size = 1 + zigzagByteCount(timestampDelta) + zigzagByteCount(Int64(count))
        size += zigzagByteCount(Int64(keyCount)) + max(keyCount, 0)
        size += zigzagByteCount(Int64(valueCount)) + max(valueCount, 0)
        size += zigzagByteCount(Int64(headers.count))
        for header in headers { size += header.byteCount }
        return size
    }

    // MARK: Records

    /// Appends a record.
    ///
    /// - Parameters:
    ///   - timestamp: its time, in milliseconds since 1970.
    ///   - key: the key, or nil.
    ///   - value: the value; nil for a tombstone.
    ///   - headers: its headers.
    /// - Precondition: the batch stays below 2 GiB; whoever appends bounds batches far below that.
    public mutating func append(
        timestamp: Int64, key: ByteSlice?, value: ByteSlice?, headers: [RecordHeader] = []
    ) {
        begin(timestamp, key?.count ?? -1, value?.count ?? -1, headers)
        if let key { writer.write(key.span) }
        writer.writeZigzag32(Int32(value?.count ?? -1))
        if let value { writer.write(value.span) }
        end(headers)
    }

    /// Appends a record whose key and value stand in memory that is not a slice's.
    ///
    /// - Precondition: the batch stays below 2 GiB.
    public mutating func append(
        timestamp: Int64, key: RawSpan, value: RawSpan, headers: [RecordHeader] = []
    ) {
        begin(timestamp, key.byteCount, value.byteCount, headers)
        writer.write(key)
        writer.writeZigzag32(Int32(value.byteCount))
        writer.write(value)
        end(headers)
    }

    /// Writes what stands before the key's bytes.
    private mutating func begin(_ timestamp: Int64, _ keyCount: Int, _ valueCount: Int, _ headers: [RecordHeader]) {
        if count == 0 {
            header.baseTimestamp = timestamp
            header.maxTimestamp = timestamp
        }
        let size = bodyByteCount(timestamp, keyCount, valueCount, headers)
        precondition(writer.count + size < Int(Int32.max), "a record batch cannot have 2 GiB")
        writer.reserve(size + 5)
        writer.writeZigzag32(Int32(size))
        writer.writeByte(0)
        writer.writeZigzag64(timestamp &- header.baseTimestamp)
        writer.writeZigzag32(Int32(count))
        writer.writeZigzag32(Int32(keyCount))
        if timestamp > header.maxTimestamp { header.maxTimestamp = timestamp }
    }

    /// Writes what stands behind the value's bytes.
    private mutating func end(_ headers: [RecordHeader]) {
        writer.writeZigzag32(Int32(headers.count))
        for header in headers { header.encode(into: &writer) }
        count += 1
    }

    // MARK: Finishing

    /// Finishes the batch; the builder begins another with room for `capacity` bytes.
    ///
    /// - Parameters:
    ///   - compression: how to compress the records.
    ///   - compressor: what compresses them; needed unless `compression` is none.
    ///   - producer: who the records are from, for an idempotent or transactional producer.
    ///   - isTransactional: whether the batch is part of a transaction.
    ///   - isControl: whether its record is a control record.
    ///   - baseOffset: the offset of the first record; 0 where a broker will set it.
    ///   - partitionLeaderEpoch: the leader's epoch; -1 where a broker will set it.
    /// - Returns: the whole batch.
    /// - Throws: `KafkaProtocolError` where the records cannot be compressed; they are lost then.
    public mutating func finish(
        compression: CompressionType = .none, using compressor: RecordCompressor? = nil,
        producer: ProducerState? = nil, isTransactional: Bool = false, isControl: Bool = false,
        baseOffset: Int64 = 0, partitionLeaderEpoch: Int32 = -1, capacity: Int = 16_384
    ) throws(KafkaProtocolError) -> ByteSlice {
        var header = header
        header.baseOffset = baseOffset
        header.partitionLeaderEpoch = partitionLeaderEpoch
        header.attributes.isTransactional = isTransactional
        header.attributes.isControl = isControl
        header.attributes.compression = compression
        header.recordCount = Int32(count)
        header.lastOffsetDelta = Int32(max(count - 1, 0))
        if let producer {
            header.producerID = producer.id
            header.producerEpoch = producer.epoch
            header.baseSequence = producer.sequence
        }
        var finished = ByteWriter(capacity: 0)
        swap(&finished, &writer)
        writer = ByteWriter(capacity: max(capacity, RecordBatchHeader.byteCount))
        start()
        guard compression != .none else { return header.seal(&finished) }
        let records = finished.span.extracting(RecordBatchHeader.byteCount..<finished.count)
        var compressed = ByteWriter(capacity: RecordBatchHeader.byteCount + records.byteCount / 2)
        compressed.write(repeating: 0, count: RecordBatchHeader.byteCount)
        try (compressor ?? RecordCompressor()).compress(records, compression, into: &compressed)
        return header.seal(&compressed)
    }

    private mutating func start() {
        header = RecordBatchHeader()
        count = 0
        writer.write(repeating: 0, count: RecordBatchHeader.byteCount)
    }
}

/// Who a batch is from (KIP-98): what the broker finds repeated and missing batches by.
public struct ProducerState: Hashable, Sendable {
    /// The producer's id.
    public var id: Int64

    /// The producer's epoch.
    public var epoch: Int16

    /// The sequence number of the batch's first record.
    public var sequence: Int32

    /// Makes a state.
    public init(id: Int64, epoch: Int16, sequence: Int32) {
        self.id = id
        self.epoch = epoch
        self.sequence = sequence
    }
}

extension RecordBatchHeader {
    /// Writes this header, with the right length and checksum, over the first 61 bytes of a batch; hands the batch out.
    func seal(_ writer: inout ByteWriter) -> ByteSlice {
        writer.patchBigEndian(baseOffset, at: 0)
        writer.patchBigEndian(Int32(writer.count - Self.lengthOverhead), at: 8)
        writer.patchBigEndian(partitionLeaderEpoch, at: 12)
        writer.patchBigEndian(magic, at: 16)
        writer.patchBigEndian(attributes.rawValue, at: 21)
        writer.patchBigEndian(lastOffsetDelta, at: 23)
        writer.patchBigEndian(baseTimestamp, at: 27)
        writer.patchBigEndian(maxTimestamp, at: 35)
        writer.patchBigEndian(producerID, at: 43)
        writer.patchBigEndian(producerEpoch, at: 51)
        writer.patchBigEndian(baseSequence, at: 53)
        writer.patchBigEndian(recordCount, at: 57)
        let crc = CRC32C.checksum(writer.span.extracting(Self.checksumStart..<writer.count))
        writer.patchBigEndian(crc, at: 17)
        return writer.take(capacity: 0)
    }
}
