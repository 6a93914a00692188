internal import Bytes

/// Arrays: the elements of all rows one behind the other, and where each row's end in them.
public struct ArrayColumn: Sendable, Hashable {
    /// Where each row's elements end in `values`.
    public let ends: [UInt64]

    /// The elements of all rows.
    public let values: ColumnData

    /// Puts the parts together.
    ///
    /// - Precondition: the ends rise, and the last one is the number of values.
    public init(ends: [UInt64], values: ColumnData) {
        precondition(UInt64(values.count) == (ends.last ?? 0), "the last end is not that of the values")
        self.ends = ends
        self.values = values
    }

    /// How many rows there are.
    @inlinable
    public var count: Int { ends.count }

    /// Where a row's elements are in `values`.
    @inlinable
    public func range(_ index: Int) -> Range<Int> {
        let start = index == 0 ? 0 : ends[index &- 1]
        return Int(truncatingIfNeeded: start)..<Int(truncatingIfNeeded: ends[index])
    }
}

/// Reads the ends, 8 bytes each, then the elements. (ClickHouse: src/DataTypes/Serializations/SerializationArray.cpp.)
final class ArrayDecoder: ColumnDecoder {
    private var ends = NumberRun<UInt64>()
    private let values: ColumnDecoder
    private var hasEnds = false

    init(_ context: DecodingContext, values: ColumnDecoder) {
        self.values = values
        super.init(context)
    }

    override func readPrefix(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        try values.readPrefix(&reader)
    }

    override func begin(_ count: Int) throws(ClickHouseProtocolError) { try ends.begin(count, context) }

    override func readValues(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        if !hasEnds {
            guard try ends.read(&reader) else { return false }
            let total = try context.checked(
                try checkedEnds(ends.values, "the ends of arrays"), "the number of elements")
            hasEnds = true
            try values.begin(total)
        }
        return try values.readValues(&reader)
    }

    override func finish() throws(ClickHouseProtocolError) -> ColumnData {
        .array(ArrayColumn(ends: ends.take(), values: try values.finish()))
    }
}
