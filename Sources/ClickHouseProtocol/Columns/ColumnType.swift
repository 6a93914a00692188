/// A column's type, as ClickHouse writes its name: `LowCardinality(String)`, `DateTime64(3, 'UTC')`.
public indirect enum ColumnType: Hashable, Sendable {
    case int8, int16, int32, int64, int128, int256
    case uint8, uint16, uint32, uint64, uint128, uint256
    case bfloat16, float32, float64
    case bool
    case string
    /// `FixedString(bytes)`.
    case fixedString(bytes: Int)
    /// Days since 1970, unsigned.
    case date
    /// Days since 1970, signed.
    case date32
    /// Seconds since 1970; the time zone is only for showing them.
    case dateTime(timeZone: String?)
    /// Ticks of 10 to the minus `precision` seconds since 1970; the time zone is only for showing them.
    case dateTime64(precision: Int, timeZone: String?)
    /// Seconds, signed.
    case time
    /// Ticks of 10 to the minus `precision` seconds.
    case time64(precision: Int)
    /// `IntervalDay` and the like, by the unit's name.
    case interval(unit: String)
    case uuid
    case ipv4
    case ipv6
    case enum8([EnumCase])
    case enum16([EnumCase])
    /// A whole number of 10 to the minus `scale`.
    case decimal(precision: Int, scale: Int)
    /// The type of `NULL` alone.
    case nothing
    case nullable(ColumnType)
    case array(ColumnType)
    case lowCardinality(ColumnType)
    case tuple([TupleElement])
    case map(key: ColumnType, value: ColumnType)
    /// `Nested(…)` that was not flattened: an array of named tuples.
    case nested([TupleElement])
    /// One of several types, or `NULL`.
    case variant([ColumnType])
    /// Any type.
    case dynamic(maxTypes: Int?)
    /// JSON objects: the type's whole name, and the paths of which it says the type.
    case json(name: String, paths: [TupleElement])
    /// Vectors of BFloat16, Float32 or Float64, written bit by bit.
    case qbit(element: ColumnType, dimension: Int)
    /// States of an aggregate function: the type's whole name, the function's, and the types of its arguments.
    case aggregateFunction(name: String, function: String, arguments: [ColumnType])
    /// A type that stands for another: `SimpleAggregateFunction(sum, UInt64)`, `Point`, `Ring`.
    case alias(name: String, of: ColumnType)

    /// A name of an enum, and its number.
    public struct EnumCase: Hashable, Sendable {
        /// The name.
        public var name: String
        /// The number on the wire.
        public var value: Int16

        /// Makes a case.
        public init(name: String, value: Int16) {
            self.name = name
            self.value = value
        }
    }

    /// A tuple's element.
    public struct TupleElement: Hashable, Sendable {
        /// Its name, where the tuple has names.
        public var name: String?
        /// Its type.
        public var type: ColumnType

        /// Makes an element.
        public init(name: String? = nil, type: ColumnType) {
            self.name = name
            self.type = type
        }
    }
}

extension ColumnType: CustomStringConvertible {
    /// The name, as ClickHouse writes it.
    public var name: String {
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
        case .bfloat16: "BFloat16"
        case .float32: "Float32"
        case .float64: "Float64"
        case .bool: "Bool"
        case .string: "String"
        case .fixedString(let bytes): "FixedString(\(bytes))"
        case .date: "Date"
        case .date32: "Date32"
        case .dateTime(nil): "DateTime"
        case .dateTime(let zone?): "DateTime(\(Self.quoted(zone)))"
        case .dateTime64(let precision, nil): "DateTime64(\(precision))"
        case .dateTime64(let precision, let zone?): "DateTime64(\(precision), \(Self.quoted(zone)))"
        case .time: "Time"
        case .time64(let precision): "Time64(\(precision))"
        case .interval(let unit): "Interval\(unit)"
        case .uuid: "UUID"
        case .ipv4: "IPv4"
        case .ipv6: "IPv6"
        case .enum8(let cases): "Enum8(\(Self.listed(cases)))"
        case .enum16(let cases): "Enum16(\(Self.listed(cases)))"
        case .decimal(let precision, let scale): "Decimal(\(precision), \(scale))"
        case .nothing: "Nothing"
        case .nullable(let type): "Nullable(\(type.name))"
        case .array(let type): "Array(\(type.name))"
        case .lowCardinality(let type): "LowCardinality(\(type.name))"
        case .tuple(let elements): "Tuple(\(Self.listed(elements)))"
        case .map(let key, let value): "Map(\(key.name), \(value.name))"
        case .nested(let elements): "Nested(\(Self.listed(elements)))"
        case .variant(let types): "Variant(\(types.map(\.name).joined(separator: ", ")))"
        case .dynamic(nil): "Dynamic"
        case .dynamic(let maxTypes?): "Dynamic(max_types=\(maxTypes))"
        case .qbit(let element, let dimension): "QBit(\(element.name), \(dimension))"
        case .json(let name, _), .aggregateFunction(let name, _, _), .alias(let name, _): name
        }
    }

    /// The name, as ClickHouse writes it.
    public var description: String { name }

    private static func quoted(_ text: String) -> String {
        var quoted = "'"
        for character in text.unicodeScalars {
            if character == "'" || character == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(character)
        }
        return quoted + "'"
    }

    private static func listed(_ cases: [EnumCase]) -> String {
        cases.map { "\(quoted($0.name)) = \($0.value)" }.joined(separator: ", ")
    }

    private static func listed(_ elements: [TupleElement]) -> String {
        elements.map { element in
            guard let name = element.name else { return element.type.name }
            return "\(identifier(name)) \(element.type.name)"
        }.joined(separator: ", ")
    }

    private static func identifier(_ name: String) -> String {
        let plain = name.utf8.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
            default: false
            }
        }
        if plain, !name.isEmpty { return name }
        return "`" + name.split(separator: "`", omittingEmptySubsequences: false).joined(separator: "\\`") + "`"
    }
}
