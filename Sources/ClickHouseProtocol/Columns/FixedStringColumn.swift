public import Bytes

/// Strings of one length, one behind the other; IPv6 addresses too.
public struct FixedStringColumn: Sendable, Hashable {
    /// The bytes of all strings.
    public let bytes: ByteSlice

    /// The bytes of one string.
    public let width: Int

    /// Puts strings together.
    ///
    /// - Precondition: the width is above 0 and divides the number of bytes.
    public init(bytes: ByteSlice, width: Int) {
        precondition(width > 0 && bytes.count % width == 0, "the bytes are not whole strings of \(width) bytes")
        self.bytes = bytes
        self.width = width
    }

    /// How many strings there are.
    @inlinable
    public var count: Int { bytes.count / width }

    /// The bytes of one string: a slice of the column's.
    @inlinable
    public subscript(index: Int) -> ByteSlice { bytes.slice((index * width)..<((index + 1) * width)) }
}

/// Reads strings of one length. (ClickHouse: src/DataTypes/Serializations/SerializationFixedString.cpp.)
final class FixedStringDecoder: ColumnDecoder {
    private let width: Int
    private var missing = 0
    private var writer = ByteWriter(capacity: 0)

    init(_ context: DecodingContext, width: Int) {
        self.width = width
        super.init(context)
    }

    override func begin(_ count: Int) throws(ClickHouseProtocolError) {
        try context.claim(count, of: width)
        missing = count * width
    }

    override func readValues(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        let count = min(missing, reader.remaining)
        writer.write(reader.rest.extracting(first: count))
        reader.move(to: reader.position + count)
        missing -= count
        return missing == 0
    }

    override func finish() -> ColumnData {
        .fixedString(FixedStringColumn(bytes: writer.take(capacity: 0), width: width))
    }
}
