internal import Bytes

/// Values of which some are `NULL`.
public struct NullableColumn: Sendable, Hashable {
    /// One byte a row: not 0 where the row is `NULL`.
    public let nulls: [UInt8]

    /// A value a row; where the row is `NULL` it is any value.
    public let values: ColumnData

    /// Puts the parts together.
    ///
    /// - Precondition: there are as many values as bytes in `nulls`.
    public init(nulls: [UInt8], values: ColumnData) {
        precondition(nulls.count == values.count, "\(nulls.count) null marks for \(values.count) values")
        self.nulls = nulls
        self.values = values
    }

    /// How many rows there are.
    public var count: Int { nulls.count }

    /// Whether the row is `NULL`.
    @inlinable
    public func isNull(_ index: Int) -> Bool { nulls[index] != 0 }
}

/// Reads a byte a row that marks `NULL`, then the values.
/// (ClickHouse: src/DataTypes/Serializations/SerializationNullable.cpp.)
final class NullableDecoder: ColumnDecoder {
    private var nulls = NumberRun<UInt8>()
    /// What reads the values; sparse columns take it out and leave the marks away.
    let values: ColumnDecoder
    private var count = 0
    private var hasNulls = false

    init(_ context: DecodingContext, values: ColumnDecoder) {
        self.values = values
        super.init(context)
    }

    override func readPrefix(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        try values.readPrefix(&reader)
    }

    override func begin(_ count: Int) throws(ClickHouseProtocolError) {
        self.count = count
        try nulls.begin(count, context)
    }

    override func readValues(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        if !hasNulls {
            guard try nulls.read(&reader) else { return false }
            hasNulls = true
            try values.begin(count)
        }
        return try values.readValues(&reader)
    }

    override func finish() throws(ClickHouseProtocolError) -> ColumnData {
        .nullable(NullableColumn(nulls: nulls.take(), values: try values.finish()))
    }
}

/// What may be `NULL`.
enum NullableFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(["Nullable"], column: "nullable", rows: "optionals")
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        try parser.expect("(")
        let inner = try parser.type(depth: depth + 1)
        try parser.expect(")")
        return .nullable(inner)
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        guard case .nullable(let inner) = type else { return nil }
        return NullableDecoder(context, values: try inner.decoder(context))
    }

    static func encodePrefix(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) -> Bool {
        guard case .nullable(let inner) = type else { return false }
        let values = if case .nullable(let column) = data { column.values } else { data }
        values.encodePrefix(as: inner, into: &writer, revision: revision)
        return true
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        guard case .nullable(let inner) = type else { return false }
        if case .nullable(let column) = data {
            writer.write(array: column.nulls)
            try column.values.encodeValues(as: inner, into: &writer, revision: revision)
        } else {
            // Values without NULLs suit a column that may have them.
            writer.write(repeating: 0, count: data.count)
            try data.encodeValues(as: inner, into: &writer, revision: revision)
        }
        return true
    }
}
