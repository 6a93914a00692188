import ClickHouseProtocol

/// Reads the values of one column, row by row, out of memory of the column's own kind. There is one class for each kind;
/// it is made once for a result's column, and bound to each block's values. What it is asked for and does not hold exactly
/// it refuses, naming the column, its type and the value.
class CellReader {
    /// What the values mean.
    let type: ColumnType
    /// The column, and the way into it.
    let path: [CellKey]
    // What values were last asked as, or given as: the same comes row after row.
    private var lastType = ObjectIdentifier(Never.self)
    private var lastKind = ForeignType.none

    init(_ type: ColumnType, at path: [CellKey]) {
        self.type = type
        self.path = path
    }

    /// Takes a block's values; false where they are of another kind.
    func bind(_ data: ColumnData) -> Bool { false }

    func isNull(_ row: Int) -> Bool { false }

    func int64(_ row: Int, _ wanted: any Any.Type) throws -> Int64 { throw mismatch(wanted) }
    func uint64(_ row: Int, _ wanted: any Any.Type) throws -> UInt64 {
        let value = try int64(row, wanted)
        guard let exact = UInt64(exactly: value) else { throw inexact(row, wanted) }
        return exact
    }
    func int128(_ row: Int) throws -> Int128 { Int128(try int64(row, Int128.self)) }
    func uint128(_ row: Int) throws -> UInt128 { UInt128(try uint64(row, UInt128.self)) }
    func double(_ row: Int) throws -> Double { throw mismatch(Double.self) }
    func float(_ row: Int) throws -> Float {
        let value = try double(row)
        let narrow = Float(value)
        guard Double(narrow) == value || value.isNaN else { throw inexact(row, Float.self) }
        return narrow
    }
    func bool(_ row: Int) throws -> Bool { throw mismatch(Bool.self) }
    func string(_ row: Int) throws -> String { throw mismatch(String.self) }
    func uuid(_ row: Int) throws -> ClickHouseUUID { throw mismatch(ClickHouseUUID.self) }
    /// A moment: seconds since the beginning of 2001.
    func moment(_ row: Int, _ wanted: any Any.Type) throws -> Double { throw mismatch(wanted) }
    /// A decimal, as a whole number of ticks.
    func decimal(_ row: Int, _ wanted: any Any.Type) throws -> DecimalTicks { throw mismatch(wanted) }

    /// The parts of a value that has some by name.
    func fields(_ row: Int) throws -> Fields { throw mismatch([String: Any].self) }
    /// The parts of a value that has some in order.
    func elements(_ row: Int) throws -> Elements { throw mismatch([Any].self) }

    /// The array of Swift that holds values in the way that this column does, where there is one.
    var wholeArray: (any Any.Type)? { nil }
    /// Values one behind the other, as a `wholeArray`.
    func whole(_ rows: Range<Int>) -> Any? { nil }
    /// The array of Swift that is one value of this column and that can be taken in one piece, where there is one.
    var wholeValue: (any Any.Type)? { nil }
    /// One value, as a `wholeValue`.
    func inOnePiece(_ row: Int) throws -> Any? { nil }

    /// The value as text, for messages.
    func shown(_ row: Int) -> String { "" }

    /// Any value, as what it means.
    final func decode<Value: Decodable>(_ row: Int, as wanted: Value.Type = Value.self) throws -> Value {
        switch kind(of: wanted) {
        case .none:
            if let wholeValue, wholeValue == wanted, let value = try inOnePiece(row) as? Value { return value }
            return try Value(from: CellDecoder(reader: self, row: row))
        case .date: return try Value(from: CellDecoder(reader: self, row: row, isMoment: true))
        case .decimal: return try Value(from: DecimalParts(try decimal(row, wanted), of: self, row, wanted).decoder)
        case .url:
            let text = StringReader(.string, at: path)
            _ = text.bind(.string([try string(row)]))
            let fields = TupleFields(names: ["relative"], readers: [text])
            return try Value(from: CellDecoder(reader: FieldsReader(fields, at: path), row: 0))
        case .clickHouseUUID:
            return recast(try uuid(row))
        }
    }

    @inline(__always)
    private func kind(of type: any Any.Type) -> ForeignType {
        let id = ObjectIdentifier(type)
        if id != lastType {
            lastType = id
            lastKind = ForeignType(type)
        }
        return lastKind
    }

    final func mismatch(_ wanted: any Any.Type) -> ClickHouseError {
        ClickHouseError(.mismatch, "\(place)\(type) values are no \(wanted)")
    }

    final func null(_ wanted: any Any.Type) -> ClickHouseError {
        ClickHouseError(.mismatch, "\(place)NULL where \(wanted) is wanted")
    }

    /// The value cannot be represented exactly.
    final func inexact(_ row: Int, _ wanted: any Any.Type) -> ClickHouseError {
        let text = shown(row)
        let value = text.count <= 100 ? text : "\(text.prefix(100))…"
        return ClickHouseError(.mismatch, "\(place)the \(type) value \(value) is not exactly any \(wanted)")
    }

    private var place: String {
        path.isEmpty ? "" : "column \(path.map { "`\($0.stringValue)`" }.joined(separator: ".")): "
    }
}

/// The same value as the type that it has: what the caller knows and the compiler does not. (A cast with `as?` would look
/// for protocols first.)
@inline(__always)
func recast<Value, Same>(_ value: Value) -> Same {
    precondition(Value.self == Same.self)
    // They are one type.
    return unsafeBitCast(value, to: Same.self)
}

/// A decimal: so many times 10 to the minus `scale`.
struct DecimalTicks {
    var ticks: Int256
    var scale: Int
}

/// A value: a column's, in one row.
struct Cell {
    let reader: CellReader
    let row: Int

    var isNull: Bool { reader.isNull(row) }
}

/// A name or a place on the way to a value.
struct CellKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ name: String) {
        stringValue = name
        intValue = nil
    }

    init(_ index: Int) {
        stringValue = String(index)
        intValue = index
    }

    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { self.init(intValue) }
}

extension ColumnType {
    /// Makes what reads values of the type.
    func reader(at path: [CellKey]) -> CellReader {
        switch self {
        case .int8, .int16, .int32, .int64, .int128, .uint8, .uint16, .uint32, .uint64, .uint128, .time, .time64,
            .interval:
            IntegerReader(self, at: path)
        case .bool: BoolReader(self, at: path)
        case .int256: WideIntegerReader(self, at: path)
        case .uint256: WideIntegerReader(self, at: path)
        case .float32: Float32Reader(self, at: path)
        case .float64: Float64Reader(self, at: path)
        case .bfloat16: BFloat16Reader(self, at: path)
        case .date, .date32, .dateTime, .dateTime64: MomentReader(self, at: path)
        case .decimal(_, let scale): DecimalReader(self, at: path, scale: scale)
        case .string: StringReader(self, at: path)
        case .fixedString: FixedStringReader(self, at: path)
        case .uuid: UUIDReader(self, at: path)
        case .ipv4: IPv4Reader(self, at: path)
        case .ipv6: IPv6Reader(self, at: path)
        case .enum8(let cases), .enum16(let cases): EnumReader(self, at: path, cases)
        case .nothing: NothingReader(self, at: path)
        case .nullable(let inner): NullableReader(self, at: path, values: inner.reader(at: path))
        case .lowCardinality(.nullable(let inner)), .lowCardinality(let inner):
            LowCardinalityReader(self, at: path, values: inner.reader(at: path))
        case .array(let inner): ArrayReader(self, at: path, values: inner.reader(at: path))
        case .tuple(let elements): TupleReader(self, at: path, elements: elements)
        case .nested(let elements):
            ArrayReader(self, at: path, values: TupleReader(.tuple(elements), at: path, elements: elements))
        case .map(let key, let value):
            MapReader(self, at: path, keys: key.reader(at: path), values: value.reader(at: path))
        case .json: JSONReader(self, at: path)
        case .aggregateFunction: StringReader(self, at: path)
        case .qbit(let element, _): ArrayReader(self, at: path, values: element.reader(at: path))
        case .variant(let types): VariantReader(self, at: path, types)
        case .dynamic: VariantReader(self, at: path, [])
        case .alias(_, let inner): inner.reader(at: path)
        }
    }
}
