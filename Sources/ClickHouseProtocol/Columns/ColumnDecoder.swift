internal import Bytes

/// What the decoders of one block's columns share.
final class DecodingContext {
    let revision: Revision
    let limits: Limits
    private var bytesLeft: Int

    init(revision: Revision, limits: Limits) {
        self.revision = revision
        self.limits = limits
        bytesLeft = limits.blockBytes
    }

    private var depth = 0

    /// Goes into a column whose type stands among its own bytes: such columns may hold one another, and not without end.
    func enter() throws(ClickHouseProtocolError) {
        depth += 1
        guard depth <= 16 else { throw ClickHouseProtocolError(.limit, "Dynamic columns within one another") }
    }

    /// Comes out again.
    func leave() { depth -= 1 }

    /// Counts memory that the block's columns are about to take, before any of it is taken.
    func claim(_ count: Int, of width: Int) throws(ClickHouseProtocolError) {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: width)
        guard !overflow, bytes <= bytesLeft else {
            throw ClickHouseProtocolError(
                .limit, "a block takes more than \(limits.blockBytes) bytes: ask for fewer rows a block")
        }
        bytesLeft -= bytes
    }

    /// Checks a count of rows or elements that came over the wire.
    func checked(_ count: UInt64, _ what: StaticString) throws(ClickHouseProtocolError) -> Int {
        guard count <= UInt64(limits.rows) else {
            throw ClickHouseProtocolError(.limit, "\(what) is \(count), the limit is \(limits.rows)")
        }
        return Int(count)
    }
}

/// Reads one column's values from bytes that come piece by piece, and goes on where it stopped.
///
/// Each kind of column has its own; one that holds other columns drives theirs. The order on the wire is: all prefixes,
/// from the outside to the inside, then all values. (ClickHouse: src/DataTypes/Serializations.)
class ColumnDecoder {
    let context: DecodingContext

    init(_ context: DecodingContext) { self.context = context }

    /// Reads what stands before all values; false where more bytes are needed.
    func readPrefix(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool { true }

    /// Tells how many values there will be; comes after the prefix, and before the values.
    func begin(_ count: Int) throws(ClickHouseProtocolError) {}

    /// Reads as many values as have come; false where more bytes are needed.
    func readValues(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool { true }

    /// Hands the values over, once all were read.
    func finish() throws(ClickHouseProtocolError) -> ColumnData { .nothing(count: 0) }
}

extension ColumnType {
    /// Makes the decoder of values that are written in the type's own way.
    func decoder(_ context: DecodingContext) throws(ClickHouseProtocolError) -> ColumnDecoder {
        switch self {
        case .int8, .enum8: NumbersDecoder<Int8>(context) { .int8($0) }
        case .int16, .enum16: NumbersDecoder<Int16>(context) { .int16($0) }
        case .int32, .date32, .time: NumbersDecoder<Int32>(context) { .int32($0) }
        case .int64, .dateTime64, .time64, .interval: NumbersDecoder<Int64>(context) { .int64($0) }
        case .int128: NumbersDecoder<Int128>(context) { .int128($0) }
        case .int256: NumbersDecoder<Int256>(context) { .int256($0) }
        case .uint8, .bool: NumbersDecoder<UInt8>(context) { .uint8($0) }
        case .uint16, .date, .bfloat16: NumbersDecoder<UInt16>(context) { .uint16($0) }
        case .uint32, .dateTime, .ipv4: NumbersDecoder<UInt32>(context) { .uint32($0) }
        case .uint64: NumbersDecoder<UInt64>(context) { .uint64($0) }
        case .uint128: NumbersDecoder<UInt128>(context) { .uint128($0) }
        case .uint256: NumbersDecoder<UInt256>(context) { .uint256($0) }
        case .float32: NumbersDecoder<Float>(context) { .float32($0) }
        case .float64: NumbersDecoder<Double>(context) { .float64($0) }
        case .uuid: NumbersDecoder<ClickHouseUUID>(context) { .uuid($0) }
        case .decimal(let precision, _):
            switch precision {
            case ...9: NumbersDecoder<Int32>(context) { .int32($0) }
            case ...18: NumbersDecoder<Int64>(context) { .int64($0) }
            case ...38: NumbersDecoder<Int128>(context) { .int128($0) }
            default: NumbersDecoder<Int256>(context) { .int256($0) }
            }
        case .string: StringDecoder(context, hasEnds: context.revision.has(.stringEnds))
        case .fixedString(let bytes): FixedStringDecoder(context, width: bytes)
        case .ipv6: FixedStringDecoder(context, width: 16)
        case .nothing: NothingDecoder(context)
        case .nullable(let type): NullableDecoder(context, values: try type.decoder(context))
        case .array(let type): ArrayDecoder(context, values: try type.decoder(context))
        case .lowCardinality(let type): try LowCardinalityDecoder(context, type: type)
        case .tuple(let elements): TupleDecoder(context, elements: try Self.decoders(elements, context))
        case .map(let key, let value):
            ArrayDecoder(
                context,
                values: TupleDecoder(context, elements: [try key.decoder(context), try value.decoder(context)]))
        case .nested(let elements):
            ArrayDecoder(context, values: TupleDecoder(context, elements: try Self.decoders(elements, context)))
        case .variant(let types):
            VariantDecoder(context, variants: try Self.decoders(types.map { TupleElement(type: $0) }, context))
        case .dynamic: DynamicDecoder(context)
        case .json(_, let paths): JSONDecoder(context, typed: paths)
        case .qbit(let element, let dimension): QBitDecoder(context, element: element, dimension: dimension)
        case .aggregateFunction(_, let function, let arguments):
            if let layout = AggregateStateLayout(function: function, arguments: arguments) {
                AggregateStateDecoder(context, layout: layout)
            } else {
                throw ClickHouseProtocolError(
                    .unsupportedType,
                    "where a state of \(self) ends is not known: select finalizeAggregation(…) of it, or hex(…)")
            }
        case .alias(_, let type): try type.decoder(context)
        }
    }

    private static func decoders(
        _ elements: [TupleElement], _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> [ColumnDecoder] {
        var decoders: [ColumnDecoder] = []
        for element in elements { decoders.append(try element.type.decoder(context)) }
        return decoders
    }
}
