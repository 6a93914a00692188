public import Bytes

/// What a record batch begins with (KIP-98): 61 bytes, followed by the records.
public struct RecordBatchHeader: Hashable, Sendable {
    /// The offset of the first record; where records were deleted by compaction, of the first that there was.
    public var baseOffset: Int64 = 0

    /// How many bytes follow this field.
    public var batchLength: Int32 = 0

    /// The epoch of the leader that wrote the batch; -1 where a client made it.
    public var partitionLeaderEpoch: Int32 = -1

    /// The format: 2.
    public var magic: Int8 = 2

    /// The CRC-32C of all that follows this field.
    public var crc: UInt32 = 0

    /// Compression and flags.
    public var attributes = Attributes()

    /// The last record's offset, from the base offset on.
    public var lastOffsetDelta: Int32 = 0

    /// The time that the records' times are counted from, in milliseconds since 1970.
    public var baseTimestamp: Int64 = 0

    /// The latest of the records' times, in milliseconds since 1970.
    public var maxTimestamp: Int64 = 0

    /// The producer's id; -1 for none.
    public var producerID: Int64 = -1

    /// The producer's epoch; -1 for none.
    public var producerEpoch: Int16 = -1

    /// The first record's sequence number; -1 for none.
    public var baseSequence: Int32 = -1

    /// How many records there are.
    public var recordCount: Int32 = 0

    /// Makes a header without anything behind it.
    public init() {}

    /// How many bytes the header has.
    public static let byteCount = 61

    /// How many bytes stand before what the length counts: the base offset and the length itself.
    public static let lengthOverhead = 12

    /// Where the bytes begin that the checksum covers.
    static let checksumStart = 21

    /// How many bytes the whole batch has.
    public var batchByteCount: Int { Self.lengthOverhead + Int(batchLength) }

    /// The last record's offset.
    public var lastOffset: Int64 { baseOffset &+ Int64(lastOffsetDelta) }

    /// The offset behind the batch.
    public var nextOffset: Int64 { lastOffset &+ 1 }

    /// The last record's sequence number, which begins at 0 again behind the largest; -1 for none.
    public var lastSequence: Int32 {
        baseSequence < 0 ? -1 : Self.sequence(baseSequence, advancedBy: lastOffsetDelta)
    }

    /// The sequence number so many records after another: from 2,147,483,647 on to 0.
    public static func sequence(_ sequence: Int32, advancedBy count: Int32) -> Int32 {
        Int32(truncatingIfNeeded: (Int64(sequence) &+ Int64(count)) & Int64(Int32.max))
    }

    /// Reads a header.
    ///
    /// - Throws: `KafkaProtocolError` `.endOfBytes` where there are too few bytes, `.unsupported` for an older format,
    ///   `.malformed` or `.limit` for counts that cannot be.
    public init(from reader: inout ByteReader) throws(KafkaProtocolError) {
        let start = reader.position
        do throws(ByteError) {
            baseOffset = try reader.readBigEndian()
            batchLength = try reader.readBigEndian()
            partitionLeaderEpoch = try reader.readBigEndian()
            magic = try reader.readBigEndian()
            guard magic == 2 else {
                reader.move(to: start)
                throw ByteError(.malformed, "the magic number", at: start)
            }
            crc = try reader.readBigEndian()
            attributes = Attributes(rawValue: try reader.readBigEndian())
            lastOffsetDelta = try reader.readBigEndian()
            baseTimestamp = try reader.readBigEndian()
            maxTimestamp = try reader.readBigEndian()
            producerID = try reader.readBigEndian()
            producerEpoch = try reader.readBigEndian()
            baseSequence = try reader.readBigEndian()
            recordCount = try reader.readBigEndian()
        } catch {
            guard magic == 2 else {
                throw KafkaProtocolError(.unsupported, "record batches of magic \(magic) are not supported")
            }
            throw KafkaProtocolError(error)
        }
        guard Int(batchLength) >= Self.byteCount - Self.lengthOverhead else {
            throw KafkaProtocolError(.limit, "the record batch's length is \(batchLength)")
        }
        guard recordCount >= 0, lastOffsetDelta >= 0 else {
            throw KafkaProtocolError(
                .malformed, "the record batch has \(recordCount) records and a last delta of \(lastOffsetDelta)")
        }
        // So that no offset within the batch overflows.
        guard baseOffset >= 0, baseOffset <= .max - Int64(Int32.max) - 1 else {
            throw KafkaProtocolError(.malformed, "the record batch's base offset is \(baseOffset)")
        }
    }

    /// Writes the header.
    public func encode(into writer: inout ByteWriter) {
        writer.writeBigEndian(baseOffset)
        writer.writeBigEndian(batchLength)
        writer.writeBigEndian(partitionLeaderEpoch)
        writer.writeBigEndian(magic)
        writer.writeBigEndian(crc)
        writer.writeBigEndian(attributes.rawValue)
        writer.writeBigEndian(lastOffsetDelta)
        writer.writeBigEndian(baseTimestamp)
        writer.writeBigEndian(maxTimestamp)
        writer.writeBigEndian(producerID)
        writer.writeBigEndian(producerEpoch)
        writer.writeBigEndian(baseSequence)
        writer.writeBigEndian(recordCount)
    }
}

extension RecordBatchHeader {
    /// A batch's compression and flags.
    public struct Attributes: RawRepresentable, Hashable, Sendable {
        /// The bits as they are on the wire.
        public var rawValue: UInt16

        /// The attributes of those bits.
        public init(rawValue: UInt16 = 0) { self.rawValue = rawValue }

        /// How the records are compressed.
        public var compression: CompressionType {
            get { CompressionType(rawValue: UInt8(rawValue & 0b111)) }
            set { rawValue = rawValue & ~0b111 | UInt16(newValue.rawValue & 0b111) }
        }

        /// Whether the records' time is that of the broker's appending, the batch's latest, for all of them.
        public var isLogAppendTime: Bool {
            get { self[3] }
            set { self[3] = newValue }
        }

        /// Whether the batch is part of a transaction.
        public var isTransactional: Bool {
            get { self[4] }
            set { self[4] = newValue }
        }

        /// Whether the batch holds a control record, which is not for applications.
        public var isControl: Bool {
            get { self[5] }
            set { self[5] = newValue }
        }

        /// Whether the base timestamp is the time at which tombstones may be dropped (KIP-534).
        public var hasDeleteHorizon: Bool {
            get { self[6] }
            set { self[6] = newValue }
        }

        private subscript(bit: Int) -> Bool {
            get { rawValue & (1 << bit) != 0 }
            set { rawValue = newValue ? rawValue | (1 << bit) : rawValue & ~(1 << bit) }
        }
    }
}
