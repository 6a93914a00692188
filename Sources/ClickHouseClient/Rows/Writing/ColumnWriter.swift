import ClickHouseProtocol

/// Takes the values of one column row by row, into memory of the column's own kind. There is one class for each kind; one
/// that takes no values of some sort refuses them, naming the column, the type and the value.
class ColumnWriter {
    /// What the values are to mean.
    let type: ColumnType
    /// The column, and the way into it, for messages: `` `point`.`x` ``.
    let place: String
    // What values were last asked as, or given as: the same comes row after row.
    private var lastType = ObjectIdentifier(Never.self)
    private var lastKind = ForeignType.none

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
        switch kind(of: Value.self) {
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
        case .clickHouseUUID: try append(recast(value) as ClickHouseUUID)
        }
        try settle()
        guard count == before + 1 else { throw refused("\(Value.self), which writes \(count - before) values") }
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
        case .int8: IntegerWriter(self, at: place, .int8)
        case .int16: IntegerWriter(self, at: place, .int16)
        case .int32, .time: IntegerWriter(self, at: place, .int32)
        case .int64, .time64, .interval: IntegerWriter(self, at: place, .int64)
        case .int128: IntegerWriter(self, at: place, .int128)
        case .int256: WideIntegerWriter<Int256>(self, at: place, exactly: { $0 }) { .int256($0) }
        case .uint8: IntegerWriter(self, at: place, .uint8)
        case .uint16: IntegerWriter(self, at: place, .uint16)
        case .uint32: IntegerWriter(self, at: place, .uint32)
        case .uint64: IntegerWriter(self, at: place, .uint64)
        case .uint128: IntegerWriter(self, at: place, .uint128)
        case .uint256:
            WideIntegerWriter<UInt256>(self, at: place, exactly: { $0.high < 0 ? nil : $0.magnitude }) { .uint256($0) }
        case .bool: BoolWriter(self, at: place)
        case .float32: Float32Writer(self, at: place)
        case .float64: Float64Writer(self, at: place)
        case .bfloat16: BFloat16Writer(self, at: place)
        case .date, .date32, .dateTime, .dateTime64: MomentWriter(self, at: place)
        case .decimal(let precision, let scale): DecimalWriter(self, at: place, precision, scale)
        case .string: StringWriter(self, at: place)
        case .fixedString(let width): FixedStringWriter(self, at: place, width: width)
        case .uuid: UUIDWriter(self, at: place)
        case .ipv4: IPv4Writer(self, at: place)
        case .ipv6: IPv6Writer(self, at: place)
        case .enum8(let cases), .enum16(let cases): EnumWriter(self, at: place, cases)
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
        case .json: StringWriter(self, at: place)
        case .qbit(let element, _): ArrayWriter(self, at: place, values: try element.writer(at: place))
        case .variant, .dynamic, .aggregateFunction:
            throw ClickHouseError(.mismatch, "column \(place): rows are not written as \(self); write blocks")
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
