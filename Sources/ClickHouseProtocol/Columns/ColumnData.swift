/// A column's values, each kind in memory of its own type and in one piece. What they mean, the column's type says:
/// a `DateTime64(3)` is an `Int64` of milliseconds, an `Enum8` an `Int8`.
public indirect enum ColumnData: Sendable, Hashable {
    /// Int8, Enum8.
    case int8([Int8])
    /// Int16, Enum16.
    case int16([Int16])
    /// Int32, Date32, Time, and Decimal of up to 9 digits.
    case int32([Int32])
    /// Int64, DateTime64, Time64, Interval, and Decimal of up to 18 digits.
    case int64([Int64])
    /// Int128, and Decimal of up to 38 digits.
    case int128([Int128])
    /// Int256, and Decimal of up to 76 digits.
    case int256([Int256])
    /// UInt8, Bool (0 is false).
    case uint8([UInt8])
    /// UInt16, Date, and BFloat16 (the upper half of a Float32's bits).
    case uint16([UInt16])
    /// UInt32, DateTime, IPv4.
    case uint32([UInt32])
    /// UInt64.
    case uint64([UInt64])
    /// UInt128.
    case uint128([UInt128])
    /// UInt256.
    case uint256([UInt256])
    /// Float32.
    case float32([Float])
    /// Float64.
    case float64([Double])
    /// UUID.
    case uuid([ClickHouseUUID])
    /// String, JSON as text, and states of aggregate functions.
    case string(StringColumn)
    /// FixedString, IPv6 (16 bytes, the most significant first).
    case fixedString(FixedStringColumn)
    /// Nullable.
    case nullable(NullableColumn)
    /// Array, Map (of a tuple of key and value), Nested (of a tuple), QBit.
    case array(ArrayColumn)
    /// LowCardinality.
    case lowCardinality(LowCardinalityColumn)
    /// Tuple.
    case tuple(TupleColumn)
    /// Variant.
    case variant(VariantColumn)
    /// Dynamic.
    case dynamic(DynamicColumn)
    /// JSON, taken apart; as text it is a `string`.
    case json(JSONColumn)
    /// Nothing: so many rows without a value.
    case nothing(count: Int)

    /// How many rows there are.
    public var count: Int {
        switch self {
        case .int8(let values): values.count
        case .int16(let values): values.count
        case .int32(let values): values.count
        case .int64(let values): values.count
        case .int128(let values): values.count
        case .int256(let values): values.count
        case .uint8(let values): values.count
        case .uint16(let values): values.count
        case .uint32(let values): values.count
        case .uint64(let values): values.count
        case .uint128(let values): values.count
        case .uint256(let values): values.count
        case .float32(let values): values.count
        case .float64(let values): values.count
        case .uuid(let values): values.count
        case .string(let values): values.count
        case .fixedString(let values): values.count
        case .nullable(let values): values.count
        case .array(let values): values.count
        case .lowCardinality(let values): values.count
        case .tuple(let values): values.count
        case .variant(let values): values.count
        case .dynamic(let values): values.count
        case .json(let values): values.count
        case .nothing(let count): count
        }
    }

    /// What the values are, for messages: "Int64", "String", "Array of Float32".
    var kind: String {
        switch self {
        case .int8: "Int8"
        case .int16: "Int16"
        case .int32: "Int32"
        case .int64: "Int64"
        case .int128: "Int128"
        case .int256: "Int256"
        case .uint8: "UInt8"
        case .uint16: "UInt16"
        case .uint32: "UInt32"
        case .uint64: "UInt64"
        case .uint128: "UInt128"
        case .uint256: "UInt256"
        case .float32: "Float32"
        case .float64: "Float64"
        case .uuid: "UUID"
        case .string: "String"
        case .fixedString(let values): "FixedString(\(values.width))"
        case .nullable(let values): "Nullable(\(values.values.kind))"
        case .array(let values): "Array(\(values.values.kind))"
        case .lowCardinality(let values) where values.isNullable: "LowCardinality(Nullable(\(values.dictionary.kind)))"
        case .lowCardinality(let values): "LowCardinality(\(values.dictionary.kind))"
        case .tuple(let values): "Tuple(\(values.elements.map(\.kind).joined(separator: ", ")))"
        case .variant(let values): "Variant(\(values.variants.map(\.kind).joined(separator: ", ")))"
        case .dynamic: "Dynamic"
        case .json: "JSON"
        case .nothing: "Nothing"
        }
    }
}
