internal import Bytes

/// How the states of an aggregate function are written, where that tells where each of them ends: nothing on the wire does.
/// (ClickHouse: src/AggregateFunctions; a state is what the function's `serialize` writes.)
enum AggregateStateLayout {
    /// So many bytes each.
    case fixed(Int)
    /// A varint.
    case varint
    /// So many bytes, and a varint behind them.
    case fixedAndVarint(Int)
    /// A byte that says whether there is a value, and then so many bytes.
    case flagged(Int)
    /// A length of 4 bytes, with the sign, and a text of as many bytes; below zero or none where there is no value.
    case text

    /// The layout of the function's states over such arguments; nil where it is not known.
    init?(function: String, arguments: [ColumnType]) {
        let argument = arguments.first?.withoutAliases
        switch function {
        case "count" where arguments.isEmpty: self = .varint
        case "sum", "sumWithOverflow":
            guard let width = argument?.sumBytes(wide: function == "sum") else { return nil }
            self = .fixed(width)
        case "avg":
            guard let width = argument?.sumBytes(wide: true), argument?.isPlainNumber == true else { return nil }
            // A sum of 64 or 128 bits, and how many there were.
            self = .fixedAndVarint(width)
        case "min", "max", "any", "anyLast":
            if argument == .string {
                self = .text
            } else {
                guard let width = argument?.fixedBytes else { return nil }
                self = .flagged(width)
            }
        default: return nil
        }
    }
}

extension ColumnType {
    fileprivate var isPlainNumber: Bool {
        switch self {
        case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float32, .float64: true
        default: false
        }
    }

    /// The bytes of one value, where all have as many.
    fileprivate var fixedBytes: Int? {
        switch self {
        case .int8, .uint8, .bool, .enum8: 1
        case .int16, .uint16, .date, .bfloat16, .enum16: 2
        case .int32, .uint32, .float32, .date32, .dateTime, .ipv4, .time: 4
        case .int64, .uint64, .float64, .dateTime64, .time64, .interval: 8
        case .int128, .uint128, .uuid, .ipv6: 16
        case .int256, .uint256: 32
        case .decimal(let precision, _): precision <= 9 ? 4 : precision <= 18 ? 8 : precision <= 38 ? 16 : 32
        default: nil
        }
    }

    /// The bytes of a sum.
    fileprivate func sumBytes(wide: Bool) -> Int? {
        switch self {
        case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .bool, .float32, .float64:
            wide ? 8 : fixedBytes
        case .int128, .uint128: 16
        case .int256, .uint256: 32
        case .decimal(let precision, _): precision <= 38 ? 16 : 32
        default: nil
        }
    }
}

/// Reads states, each one's bytes as a string.
final class AggregateStateDecoder: ColumnDecoder {
    private let layout: AggregateStateLayout
    private var missing = 0
    private var builder = StringColumnBuilder()

    init(_ context: DecodingContext, layout: AggregateStateLayout) {
        self.layout = layout
        super.init(context)
    }

    override func begin(_ count: Int) throws(ClickHouseProtocolError) {
        try context.claim(count, of: 8)
        missing = count
    }

    override func readValues(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        while missing > 0 {
            let start = reader.position
            guard try pass(&reader) else {
                reader.move(to: start)
                return false
            }
            let end = reader.position
            try context.claim(end - start, of: 1)
            reader.move(to: start)
            builder.append(reader.rest.extracting(first: end - start))
            reader.move(to: end)
            missing -= 1
        }
        return true
    }

    /// Passes over one state; false where it has not come in full.
    private func pass(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        func skip(_ count: Int, _ reader: inout ByteReader) -> Bool {
            guard reader.remaining >= count else { return false }
            reader.move(to: reader.position + count)
            return true
        }
        switch layout {
        case .fixed(let width): return skip(width, &reader)
        case .varint: return try reader.partialVarint("a state's count") != nil
        case .fixedAndVarint(let width):
            guard skip(width, &reader) else { return false }
            return try reader.partialVarint("a state's count") != nil
        case .flagged(let width):
            guard let flag = reader.partialByte() else { return false }
            return flag == 0 || skip(width, &reader)
        case .text:
            guard let length = reader.partialInteger(Int32.self) else { return false }
            guard Int(length) <= context.limits.blockBytes else {
                throw ClickHouseProtocolError(.limit, "a state of \(length) bytes")
            }
            return skip(max(Int(length), 0), &reader)
        }
    }

    override func finish() -> ColumnData { .string(builder.take()) }
}

/// States of aggregate functions, and values that are aggregated further.
enum AggregateFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(
            ["AggregateFunction"], column: "string",
            rows:
                "`Data`, `[UInt8]` (read only): the bytes of a state of count, sum, sumWithOverflow, avg, min, max, any or anyLast"
        ),
        TypeDescription(
            ["SimpleAggregateFunction"], column: "as the type inside of it", rows: "as the type inside of it"),
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        try parser.expect("(")
        if word == "SimpleAggregateFunction" {
            try parser.skipArgument()
            try parser.expect(",")
            let inner = try parser.type(depth: depth + 1)
            try parser.expect(")")
            return .alias(name: parser.text(from: start), of: inner)
        }
        // A version of the state may stand before the function.
        if let digit = parser.next, digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") {
            _ = try parser.number(0...0xffff)
            try parser.expect(",")
            parser.skipSpaces()
        }
        let name = parser.position
        guard parser.skipArgumentToEnd() else { throw parser.unsupported() }
        let function = parser.text(from: name)
        let arguments = parser.take(",") ? try parser.types(depth: depth + 1) : []
        try parser.expect(")")
        return .aggregateFunction(name: parser.text(from: start), function: function, arguments: arguments)
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        guard case .aggregateFunction(_, let function, let arguments) = type else { return nil }
        guard let layout = AggregateStateLayout(function: function, arguments: arguments) else {
            throw ClickHouseProtocolError(
                .unsupportedType,
                "where a state of \(type) ends is not known: select finalizeAggregation(…) of it, or hex(…)")
        }
        return AggregateStateDecoder(context, layout: layout)
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        guard case .string(let states) = data, case .aggregateFunction = type else { return false }
        writer.write(states.bytes)
        return true
    }
}
