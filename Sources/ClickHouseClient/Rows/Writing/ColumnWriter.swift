import ClickHouseProtocol

/// Takes the values of one column row by row, into memory of the column's own kind. There is one class for each kind; one
/// that takes no values of some sort refuses them, naming the column, the type and the value.
class ColumnWriter {
    /// What the values are to mean.
    let type: ColumnType
    /// The column, and the way into it, for messages: `` `point`.`x` ``.
    let place: String
    private var memo = ForeignTypeMemo()

    init(_ type: ColumnType, at place: String) {
        self.type = type
        self.place = place
    }

    /// How many values there are.
    var count: Int { 0 }

    /// About how many bytes they take.
    var byteCount: Int { 0 }

    /// The array of Swift that holds values in the way that this column does, where there is one.
    var wholeArray: (any Any.Type)? { nil }

    /// The array of Swift that is one value of this column and that can be taken in one piece, where there is one.
    var wholeValue: (any Any.Type)? { nil }

    func append(_ value: Int64) throws { throw refused(value) }
    func append(_ value: UInt64) throws {
        guard let signed = Int64(exactly: value) else { throw refused(value) }
        try append(signed)
    }
    func append(_ value: Int128) throws {
        guard let narrow = Int64(exactly: value) else { throw refused(value) }
        try append(narrow)
    }
    func append(_ value: UInt128) throws {
        guard let narrow = Int64(exactly: value) else { throw refused(value) }
        try append(narrow)
    }
    func append(_ value: Double) throws { throw refused(value) }
    func append(_ value: Float) throws { try append(Double(value)) }
    func append(_ value: Bool) throws { throw refused(value) }
    func append(_ value: String) throws { throw refused(value) }
    func append(_ value: ClickHouseUUID) throws { throw refused(value) }
    /// A moment: seconds since the beginning of 2001.
    func append(moment seconds: Double) throws { throw refused("\(seconds) s since 2001") }
    /// A decimal's digits.
    func append(decimal text: String) throws { throw refused(text) }
    /// `NULL`.
    func appendNull() throws { throw refused("nil") }
    /// The type's default, in the place of `NULL`.
    func appendDefault() {}
    /// All elements of `whole`, which is of the type `wholeArray`.
    func append(elements whole: Any) {}

    /// A value with named parts begins.
    func beginFields() {}
    /// What takes the part of the name.
    func field(_ name: String) throws -> ColumnWriter { throw refused("a structure with `\(name)`") }
    /// A value with parts in order begins.
    func beginElements() {}
    /// What takes the next part.
    func element() throws -> ColumnWriter { throw refused("an array") }
    /// The value that began is complete.
    func settle() throws {}

    /// The values, all of them complete; the writer starts anew.
    func take() throws -> ColumnData { .nothing(count: 0) }

    /// Takes any value as what it means.
    final func append<Value: Encodable>(any value: Value) throws {
        let before = count
        switch memo.kind(of: Value.self) {
        case .none:
            if let wholeValue, wholeValue == Value.self {
                beginElements()
                try element().append(elements: value)
            } else {
                try value.encode(to: ValueEncoder(writer: self))
            }
        case .date: try value.encode(to: ValueEncoder(writer: self, isMoment: true))
        // Both describe themselves with nothing lost.
        case .decimal: try append(decimal: "\(value)")
        case .url: try append(url: "\(value)")
        case .clickHouseUUID:
            if let id = value as? ClickHouseUUID { try append(id) }
        }
        try settle()
        guard count == before + 1 else { throw refused("\(Value.self), which writes \(count - before) values") }
    }

    private func append(url text: String) throws {
        // One that stands for something within another describes both.
        guard !text.contains(" -- ") else { throw refused("the relative URL \(text)") }
        try append(text)
    }

    final func refused(_ value: some CustomStringConvertible) -> ClickHouseError {
        let text = value.description
        let shown = text.count <= 100 ? text : "\(text.prefix(100))…"
        return ClickHouseError(.mismatch, "column \(place): \(shown) is not exactly any \(type)")
    }

    final func refused(_ value: String) -> ClickHouseError { refused(Quoted(value)) }

    private struct Quoted: CustomStringConvertible {
        let description: String
        init(_ text: String) { description = text }
    }
}

extension ColumnType {
    /// Makes what takes values of the type.
    ///
    /// - Throws: `ClickHouseError` `.mismatch` for a type that rows are not written as.
    func writer(at place: String) throws(ClickHouseError) -> ColumnWriter {
        switch self {
        case .int8: IntegerWriter<Int8>(self, at: place) { .int8($0) }
        case .int16: IntegerWriter<Int16>(self, at: place) { .int16($0) }
        case .int32, .time: IntegerWriter<Int32>(self, at: place) { .int32($0) }
        case .int64, .time64, .interval: IntegerWriter<Int64>(self, at: place) { .int64($0) }
        case .int128: IntegerWriter<Int128>(self, at: place) { .int128($0) }
        case .int256: WideIntegerWriter<Int256>(self, at: place, exactly: { $0 }) { .int256($0) }
        case .uint8: IntegerWriter<UInt8>(self, at: place) { .uint8($0) }
        case .uint16: IntegerWriter<UInt16>(self, at: place) { .uint16($0) }
        case .uint32: IntegerWriter<UInt32>(self, at: place) { .uint32($0) }
        case .uint64: IntegerWriter<UInt64>(self, at: place) { .uint64($0) }
        case .uint128: IntegerWriter<UInt128>(self, at: place) { .uint128($0) }
        case .uint256:
            WideIntegerWriter<UInt256>(self, at: place, exactly: { $0.high < 0 ? nil : $0.magnitude }) { .uint256($0) }
        case .bool: BoolWriter(self, at: place)
        case .float32: FloatWriter<Float>(self, at: place) { .float32($0) }
        case .float64: FloatWriter<Double>(self, at: place) { .float64($0) }
        case .bfloat16: BFloat16Writer(self, at: place)
        case .date: MomentWriter<UInt16>(self, at: place, ticksPerSecond: 1, secondsPerTick: 86_400) { .uint16($0) }
        case .date32: MomentWriter<Int32>(self, at: place, ticksPerSecond: 1, secondsPerTick: 86_400) { .int32($0) }
        case .dateTime: MomentWriter<UInt32>(self, at: place, ticksPerSecond: 1, secondsPerTick: 1) { .uint32($0) }
        case .dateTime64(let precision, _):
            MomentWriter<Int64>(self, at: place, ticksPerSecond: Self.power(precision), secondsPerTick: 1) {
                .int64($0)
            }
        case .decimal(let precision, let scale):
            switch precision {
            case ...9: DecimalWriter<Int32>(self, at: place, precision, scale, { Int32(exactly: $0) }) { .int32($0) }
            case ...18: DecimalWriter<Int64>(self, at: place, precision, scale, { Int64(exactly: $0) }) { .int64($0) }
            case ...38:
                DecimalWriter<Int128>(self, at: place, precision, scale, { Int128(exactly: $0) }) { .int128($0) }
            default: DecimalWriter<Int256>(self, at: place, precision, scale, { $0 }) { .int256($0) }
            }
        case .string: StringWriter(self, at: place)
        case .fixedString(let width): FixedStringWriter(self, at: place, width: width)
        case .uuid: UUIDWriter(self, at: place)
        case .ipv4: IPv4Writer(self, at: place)
        case .ipv6: IPv6Writer(self, at: place)
        case .enum8(let cases): EnumWriter<Int8>(self, at: place, cases) { .int8($0) }
        case .enum16(let cases): EnumWriter<Int16>(self, at: place, cases) { .int16($0) }
        case .nothing: NothingWriter(self, at: place)
        case .nullable(let inner): NullableWriter(self, at: place, values: try inner.writer(at: place))
        // The server brings plain values into a dictionary.
        case .lowCardinality(let inner): try inner.writer(at: place)
        case .array(let inner): ArrayWriter(self, at: place, values: try inner.writer(at: place))
        case .tuple(let elements): try FieldsWriter(self, at: place, elements: elements)
        case .nested(let elements):
            ArrayWriter(self, at: place, values: try FieldsWriter(.tuple(elements), at: place, elements: elements))
        case .map(let key, let value):
            MapWriter(self, at: place, keys: try key.writer(at: place), values: try value.writer(at: place))
        case .alias(_, let inner): try inner.writer(at: place)
        }
    }

    /// 10 to the power of `exponent`, which is 18 at most.
    static func power(_ exponent: Int) -> Int64 { (0..<exponent).reduce(1) { power, _ in power * 10 } }
}

extension FixedWidthInteger {
    /// The same number in fewer bits; nil where it does not fit.
    init?(exactly value: Int256) {
        guard value.high == (Int128(truncatingIfNeeded: value.low) < 0 ? -1 : 0) else { return nil }
        self.init(exactly: Int128(truncatingIfNeeded: value.low))
    }
}
