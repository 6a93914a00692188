internal import Bytes

/// Reads a column of which only the values that differ from the default are there: first how many defaults stand before
/// each of them, then those values. It is filled up while it is read.
/// (ClickHouse: src/DataTypes/Serializations/SerializationSparse.cpp.)
final class SparseDecoder: ColumnDecoder {
    /// Marks the last count: the defaults behind the last value.
    static let end: UInt64 = 1 << 62

    private let values: ColumnDecoder
    /// The default of a nullable column is `NULL`, and its values come without marks.
    private let isNullable: Bool
    private var rows = 0
    private var row = 0
    private var given: UInt32 = 0
    private var indexes: [UInt32] = []
    private var hasPositions = false

    init(_ context: DecodingContext, values: ColumnDecoder) {
        if let nullable = values as? NullableDecoder {
            isNullable = true
            self.values = nullable.values
        } else {
            isNullable = false
            self.values = values
        }
        super.init(context)
    }

    override func readPrefix(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        try values.readPrefix(&reader)
    }

    override func begin(_ count: Int) throws(ClickHouseProtocolError) {
        rows = count
        // Memory that no bytes on the wire stand for: 4 bytes of index and at least a byte of value for each row.
        try context.claim(count, of: 5)
        indexes.reserveCapacity(count)
    }

    override func readValues(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        while !hasPositions {
            guard let group = try reader.partialVarint("a run of default values") else { return false }
            let isLast = group & Self.end != 0
            let defaults = group & ~Self.end
            guard defaults <= UInt64(rows - row), isLast || defaults < UInt64(rows - row) else {
                throw ClickHouseProtocolError(.malformed, "a sparse column has more than the block's \(rows) rows")
            }
            for _ in 0..<defaults { indexes.append(ColumnData.defaultRow) }
            row += Int(defaults)
            if isLast {
                guard row == rows else {
                    throw ClickHouseProtocolError(.malformed, "a sparse column has \(row) of the block's \(rows) rows")
                }
                hasPositions = true
                try values.begin(Int(given))
            } else {
                indexes.append(given)
                given += 1
                row += 1
            }
        }
        return try values.readValues(&reader)
    }

    override func finish() throws(ClickHouseProtocolError) -> ColumnData {
        let given = try values.finish()
        try context.claim(rows, of: given.rowBytes)
        let full = given.gathering(indexes)
        defer { indexes = [] }
        guard isNullable else { return full }
        return .nullable(
            NullableColumn(nulls: indexes.map { $0 == ColumnData.defaultRow ? 1 : 0 }, values: full))
    }
}

/// Reads a column of which each value is there once, with an index for each row. It is filled up while it is read.
/// (ClickHouse: src/DataTypes/Serializations/SerializationReplicated.cpp.)
final class ReplicatedDecoder: ColumnDecoder {
    private enum State { case rows, width, indexes, count, values }

    private let values: ColumnDecoder
    private var state = State.rows
    private var rows = 0
    private var size = 0
    private var run: IndexRun?

    init(_ context: DecodingContext, values: ColumnDecoder) {
        self.values = values
        super.init(context)
    }

    override func readPrefix(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        try values.readPrefix(&reader)
    }

    override func begin(_ count: Int) { rows = count }

    override func readValues(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        while true {
            switch state {
            case .rows:
                guard let count = try reader.partialVarint("a replicated column's rows") else { return false }
                guard count == UInt64(rows) else {
                    throw ClickHouseProtocolError(.malformed, "a replicated column has \(count) rows, not \(rows)")
                }
                state = .width
            case .width:
                guard let bytes = reader.partialByte() else { return false }
                guard bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8 else {
                    throw ClickHouseProtocolError(.malformed, "a replicated column has indexes of \(bytes) bytes")
                }
                run = try IndexRun(width: UInt8(bytes.trailingZeroBitCount), count: rows, context)
                state = .indexes
            case .indexes:
                guard try run?.read(&reader) ?? true else { return false }
                state = .count
            case .count:
                guard let count = try reader.partialVarint("a replicated column's values") else { return false }
                size = try context.checked(count, "the number of values")
                try values.begin(size)
                state = .values
            case .values:
                return try values.readValues(&reader)
            }
        }
    }

    override func finish() throws(ClickHouseProtocolError) -> ColumnData {
        let indexes = try run?.indexes(below: size) ?? []
        let given = try values.finish()
        try context.claim(given.gatheredBytes(indexes), of: 1)
        return given.gathering(indexes)
    }
}
