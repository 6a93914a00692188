internal import Bytes

/// Tuples: a column for each element.
public struct TupleColumn: Sendable, Hashable {
    /// The elements, at least one.
    public let elements: [ColumnData]

    /// Puts the elements together.
    ///
    /// - Precondition: there is one at least, and all have as many rows.
    public init(_ elements: [ColumnData]) {
        precondition(!elements.isEmpty, "a tuple without elements is .nothing")
        precondition(elements.allSatisfy { $0.count == elements[0].count }, "a tuple's elements differ in length")
        self.elements = elements
    }

    /// How many rows there are.
    public var count: Int { elements[0].count }
}

/// Reads the elements one after the other. (ClickHouse: src/DataTypes/Serializations/SerializationTuple.cpp.)
final class TupleDecoder: ColumnDecoder {
    private let elements: [ColumnDecoder]
    private var prefixes = 0
    private var read = 0
    private var count = 0

    init(_ context: DecodingContext, elements: [ColumnDecoder]) {
        self.elements = elements.isEmpty ? [NothingDecoder(context)] : elements
        super.init(context)
    }

    override func readPrefix(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        while prefixes < elements.count {
            guard try elements[prefixes].readPrefix(&reader) else { return false }
            prefixes += 1
        }
        return true
    }

    override func begin(_ count: Int) throws(ClickHouseProtocolError) {
        for element in elements { try element.begin(count) }
    }

    override func readValues(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        while read < elements.count {
            guard try elements[read].readValues(&reader) else { return false }
            read += 1
        }
        return true
    }

    override func finish() throws(ClickHouseProtocolError) -> ColumnData {
        var columns: [ColumnData] = []
        for element in elements { columns.append(try element.finish()) }
        if case .nothing(let count) = columns[0], columns.count == 1 { return .nothing(count: count) }
        return .tuple(TupleColumn(columns))
    }
}

/// Tuples.
enum TupleFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(["Tuple"], column: "tuple", rows: "structures by name, arrays by place")
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        try parser.expect("(")
        let elements = try parser.elements(depth: depth + 1)
        try parser.expect(")")
        return .tuple(elements)
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        guard case .tuple(let elements) = type else { return nil }
        return TupleDecoder(context, elements: try elements.map(\.type).decoders(context))
    }

    static func encodePrefix(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) -> Bool {
        guard case .tuple(let column) = data, case .tuple(let elements) = type else { return false }
        for (data, element) in zip(column.elements, elements) {
            data.encodePrefix(as: element.type, into: &writer, revision: revision)
        }
        return true
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        guard case .tuple(let column) = data, case .tuple(let elements) = type,
            column.elements.count == elements.count
        else { return false }
        for (data, element) in zip(column.elements, elements) {
            try data.encodeValues(as: element.type, into: &writer, revision: revision)
        }
        return true
    }
}
