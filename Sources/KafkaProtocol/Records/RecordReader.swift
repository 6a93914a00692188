public import Bytes

/// Goes through the records of a batch, one after the other, without copying.
///
///     var records = try batch.records(using: decompressor)
///     while let record = try records.next() { … }
public struct RecordReader: Sendable {
    /// The records, decompressed.
    let bytes: ByteSlice

    let baseOffset: Int64
    let baseTimestamp: Int64

    /// The time of all records, where the broker has set it.
    let appendTime: Int64?

    private var position = 0

    /// How many records are still to be read.
    public private(set) var remaining: Int

    /// Whether the last record was read, and nothing follows it.
    public var isAtEnd: Bool { remaining == 0 && position == bytes.count }

    /// How many bytes all the records have.
    public var byteCount: Int { bytes.count }

    /// Reads the records behind a header.
    ///
    /// - Parameter bytes: the records, decompressed.
    public init(header: RecordBatchHeader, bytes: ByteSlice) {
        self.bytes = bytes
        baseOffset = header.baseOffset
        baseTimestamp = header.baseTimestamp
        appendTime = header.attributes.isLogAppendTime ? header.maxTimestamp : nil
        remaining = Int(header.recordCount)
    }

    /// The next record; nil behind the last.
    ///
    /// - Throws: `KafkaProtocolError` where the bytes are no such record, or go on behind the last.
    public mutating func next() throws(KafkaProtocolError) -> Record? {
        guard remaining > 0 else {
            guard position == bytes.count else {
                throw KafkaProtocolError(.malformed, "\(bytes.count - position) bytes follow the batch's last record")
            }
            return nil
        }
        do throws(ByteError) {
            let record = try read()
            remaining -= 1
            return record
        } catch {
            throw KafkaProtocolError(error)
        }
    }

    private mutating func read() throws(ByteError) -> Record {
        // The reader has no slice to share, so that it costs no reference counting; slices are cut by position.
        var reader = ByteReader(bytes.span)
        reader.move(to: position)
        let length = Int(try reader.readZigzag32("a record's length"))
        try reader.require(length, "a record")
        let end = reader.position &+ length
        // No bits of a record's attributes are in use.
        _ = try reader.readByte("a record's attributes")
        let timestampDelta = try reader.readZigzag64("a record's time")
        let offsetDelta = try reader.readZigzag32("a record's offset")
        guard offsetDelta >= 0 else { throw ByteError(.malformed, "a record's offset", at: reader.position) }
        let key = try skip("a record's key", &reader)
        let value = try skip("a record's value", &reader)
        let headerCount = Int(try reader.readZigzag32("a record's headers"))
        // Each header takes two bytes at least.
        guard headerCount >= 0, headerCount <= reader.remaining else {
            throw ByteError(.limit, "a record's headers", at: reader.position)
        }
        let headerStart = reader.position
        for _ in 0..<headerCount { try skipHeader(&reader) }
        guard reader.position == end else { throw ByteError(.malformed, "a record's length", at: position) }
        position = end
        return Record(
            offset: baseOffset &+ Int64(offsetDelta), timestamp: appendTime ?? baseTimestamp &+ timestampDelta,
            key: key.map { bytes.slice($0) }, value: value.map { bytes.slice($0) },
            headers: headerCount == 0
                ? RecordHeaders() : RecordHeaders(count: headerCount, bytes: bytes.slice(headerStart..<end)))
    }

    /// Passes over bytes behind their length; where they are, or nil for a length of -1.
    @inline(__always)
    private func skip(_ what: StaticString, _ reader: inout ByteReader) throws(ByteError) -> Range<Int>? {
        let length = Int(try reader.readZigzag32(what))
        if length == -1 { return nil }
        let start = reader.position
        try reader.skip(length, what)
        return start..<start &+ length
    }

    private func skipHeader(_ reader: inout ByteReader) throws(ByteError) {
        try reader.skip(Int(try reader.readZigzag32("a header's key")), "a header's key")
        _ = try skip("a header's value", &reader)
    }
}
