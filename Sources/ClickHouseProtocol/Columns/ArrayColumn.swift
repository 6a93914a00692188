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

/// Arrays, and what is an array of tuples.
enum ArrayFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(["Array"], column: "array", rows: "arrays"),
        TypeDescription(
            ["Map"], column: "array", rows: "dictionaries; in a block arrays of tuples of a key and a value"),
        TypeDescription(["Nested"], column: "array", rows: "arrays of structures"),
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        try parser.expect("(")
        let type: ColumnType
        switch word {
        case "Array": type = .array(try parser.type(depth: depth + 1))
        case "Nested": type = .nested(try parser.elements(depth: depth + 1))
        default:
            let key = try parser.type(depth: depth + 1)
            try parser.expect(",")
            type = .map(key: key, value: try parser.type(depth: depth + 1))
        }
        try parser.expect(")")
        return type
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        guard let element = element(of: type) else { return nil }
        return ArrayDecoder(context, values: try element.decoder(context))
    }

    static func encodePrefix(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) -> Bool {
        guard case .array(let column) = data, let element = element(of: type) else { return false }
        column.values.encodePrefix(as: element, into: &writer, revision: revision)
        return true
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        guard case .array(let column) = data, let element = element(of: type) else { return false }
        writer.write(array: column.ends)
        try column.values.encodeValues(as: element, into: &writer, revision: revision)
        return true
    }

    private static func element(of type: ColumnType) -> ColumnType? {
        switch type {
        case .array(let element): element
        case .map(let key, let value): .tuple([.init(type: key), .init(type: value)])
        case .nested(let elements): .tuple(elements)
        default: nil
        }
    }
}
