public import Bytes

/// A record: key, value and headers, as slices of the batch that it was read from.
public struct Record: Sendable {
    /// The record's offset in its partition.
    public let offset: Int64

    /// Its time in milliseconds since 1970; -1 where it has none (message format 0).
    public let timestamp: Int64

    /// The key, or nil.
    public let key: ByteSlice?

    /// The value, or nil: a tombstone.
    public let value: ByteSlice?

    /// The headers, in order.
    public let headers: RecordHeaders

    /// Makes a record.
    public init(
        offset: Int64, timestamp: Int64, key: ByteSlice?, value: ByteSlice?, headers: RecordHeaders = RecordHeaders()
    ) {
        self.offset = offset
        self.timestamp = timestamp
        self.key = key
        self.value = value
        self.headers = headers
    }
}

/// A header of a record: a name, which others may have too, and a value.
public struct RecordHeader: Hashable, Sendable {
    /// The name.
    public var key: String

    /// The value, or nil.
    public var value: ByteSlice?

    /// Makes a header.
    public init(_ key: String, _ value: ByteSlice?) {
        self.key = key
        self.value = value
    }
}

/// The headers of a record, read only when they are asked for.
public struct RecordHeaders: Sequence, Sendable {
    /// How many there are.
    public let count: Int

    /// The headers as they are on the wire; found valid when the record was read.
    let bytes: ByteSlice

    /// No headers.
    public init() {
        count = 0
        bytes = .empty
    }

    init(count: Int, bytes: ByteSlice) {
        self.count = count
        self.bytes = bytes
    }

    /// Whether there are none.
    public var isEmpty: Bool { count == 0 }

    /// The value of the last header of that name; nil where there is none, or its value is nil.
    public func last(_ key: String) -> ByteSlice? {
        var found: ByteSlice?
        for header in self where header.key == key { found = header.value }
        return found
    }

    /// Goes through the headers.
    public func makeIterator() -> Iterator { Iterator(rest: count, bytes: bytes) }

    /// Goes through the headers.
    public struct Iterator: IteratorProtocol {
        var rest: Int
        var bytes: ByteSlice

        /// The next header.
        public mutating func next() -> RecordHeader? {
            guard rest > 0 else { return nil }
            rest -= 1
            do throws(ByteError) {
                var reader = ByteReader(bytes)
                let header = try RecordHeader(from: &reader)
                bytes = bytes.suffix(from: reader.position)
                return header
            } catch {
                // Reading the record has read each header before.
                return nil
            }
        }
    }
}

extension RecordHeader {
    /// Reads a header. What is not UTF-8 in its name is repaired: a reader must get past such a record.
    init(from reader: inout ByteReader) throws(ByteError) {
        let name = try reader.readSpan(Int(try reader.readZigzag32("a header's key")), "a header's key")
        // The pointer ends with the closure.
        key = unsafe name.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        value = try reader.readNullable("a header's value")
    }

    /// How many bytes the header takes on the wire.
    var byteCount: Int {
        let key = key.utf8.count
        let value = value?.count ?? -1
        return zigzagByteCount(Int64(key)) + key + zigzagByteCount(Int64(value)) + Swift.max(value, 0)
    }

    func encode(into writer: inout ByteWriter) {
        writer.writeZigzag32(Int32(key.utf8.count))
        writer.write(key)
        writer.writeNullable(value)
    }
}

extension ByteReader {
    /// Reads bytes behind their length in zigzag; nil where it is -1.
    @_lifetime(self: copy self)
    mutating func readNullable(_ what: StaticString) throws(ByteError) -> ByteSlice? {
        let length = try readZigzag32(what)
        return length == -1 ? nil : try readSlice(Int(length), what)
    }
}

extension ByteWriter {
    /// Writes bytes behind their length in zigzag; -1 for nil.
    mutating func writeNullable(_ bytes: ByteSlice?) {
        guard let bytes else { return writeZigzag32(-1) }
        writeZigzag32(Int32(bytes.count))
        write(bytes)
    }
}

/// How many bytes the integer takes as a zigzag varint.
func zigzagByteCount(_ value: Int64) -> Int {
    let zigzag = UInt64(bitPattern: (value &<< 1) ^ (value &>> 63))
    return Swift.max((UInt64.bitWidth - zigzag.leadingZeroBitCount + 6) / 7, 1)
}
