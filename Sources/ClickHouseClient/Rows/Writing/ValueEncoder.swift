/// Hands a value over to a column.
struct ValueEncoder: Encoder {
    let writer: ColumnWriter
    /// Whether Foundation's `Date` codes itself: its number is a moment.
    var isMoment = false

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        writer.beginFields()
        return KeyedEncodingContainer(FieldsEncoder(target: writer))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        writer.beginElements()
        return ElementsEncoder(target: writer)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SingleEncoder(writer: writer, isMoment: isMoment)
    }
}

private struct SingleEncoder: SingleValueEncodingContainer {
    let writer: ColumnWriter
    let isMoment: Bool

    var codingPath: [any CodingKey] { [] }

    func encodeNil() throws { try writer.appendNull() }
    func encode(_ value: Bool) throws { try writer.append(value) }
    func encode(_ value: String) throws { try writer.append(value) }
    func encode(_ value: Double) throws {
        if isMoment { try writer.append(moment: value) } else { try writer.append(value) }
    }
    func encode(_ value: Float) throws { try writer.append(value) }
    func encode(_ value: Int) throws { try writer.append(Int64(value)) }
    func encode(_ value: Int8) throws { try writer.append(Int64(value)) }
    func encode(_ value: Int16) throws { try writer.append(Int64(value)) }
    func encode(_ value: Int32) throws { try writer.append(Int64(value)) }
    func encode(_ value: Int64) throws { try writer.append(value) }
    func encode(_ value: Int128) throws { try writer.append(value) }
    func encode(_ value: UInt) throws { try writer.append(UInt64(value)) }
    func encode(_ value: UInt8) throws { try writer.append(UInt64(value)) }
    func encode(_ value: UInt16) throws { try writer.append(UInt64(value)) }
    func encode(_ value: UInt32) throws { try writer.append(UInt64(value)) }
    func encode(_ value: UInt64) throws { try writer.append(value) }
    func encode(_ value: UInt128) throws { try writer.append(value) }
    func encode<Value: Encodable>(_ value: Value) throws { try writer.append(any: value) }
}

/// Parts in order: an array's elements, a tuple's, a text's bytes.
private struct ElementsEncoder: UnkeyedEncodingContainer {
    let target: ColumnWriter
    var count = 0

    var codingPath: [any CodingKey] { [] }

    init(target: ColumnWriter) { self.target = target }

    private mutating func next() throws -> ColumnWriter {
        count += 1
        return try target.element()
    }

    mutating func encodeNil() throws { try next().appendNull() }
    mutating func encode(_ value: Bool) throws { try next().append(value) }
    mutating func encode(_ value: String) throws { try next().append(value) }
    mutating func encode(_ value: Double) throws { try next().append(value) }
    mutating func encode(_ value: Float) throws { try next().append(value) }
    mutating func encode(_ value: Int) throws { try next().append(Int64(value)) }
    mutating func encode(_ value: Int8) throws { try next().append(Int64(value)) }
    mutating func encode(_ value: Int16) throws { try next().append(Int64(value)) }
    mutating func encode(_ value: Int32) throws { try next().append(Int64(value)) }
    mutating func encode(_ value: Int64) throws { try next().append(value) }
    mutating func encode(_ value: Int128) throws { try next().append(value) }
    mutating func encode(_ value: UInt) throws { try next().append(UInt64(value)) }
    mutating func encode(_ value: UInt8) throws { try next().append(UInt64(value)) }
    mutating func encode(_ value: UInt16) throws { try next().append(UInt64(value)) }
    mutating func encode(_ value: UInt32) throws { try next().append(UInt64(value)) }
    mutating func encode(_ value: UInt64) throws { try next().append(value) }
    mutating func encode(_ value: UInt128) throws { try next().append(value) }
    mutating func encode<Value: Encodable>(_ value: Value) throws { try next().append(any: value) }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        let writer = (try? next()) ?? RefusingWriter(target)
        return ValueEncoder(writer: writer).container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        let writer = (try? next()) ?? RefusingWriter(target)
        return ValueEncoder(writer: writer).unkeyedContainer()
    }
    mutating func superEncoder() -> any Encoder { ValueEncoder(writer: (try? next()) ?? RefusingWriter(target)) }
}

/// Stands where a value has no place: what is given to it is refused, in the words of the column.
final class RefusingWriter: ColumnWriter {
    init(_ writer: ColumnWriter) { super.init(writer.type, at: writer.place) }
}

/// Parts by name: a tuple's, a map's, a row's columns.
struct FieldsEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let target: ColumnWriter

    var codingPath: [any CodingKey] { [] }

    private func writer(_ key: Key) throws -> ColumnWriter { try target.field(key.stringValue) }

    /// A part that is not there is `NULL`, so that it is known that the row has it.
    private func optional<Value>(_ value: Value?, _ key: Key, _ append: (ColumnWriter, Value) throws -> Void) throws {
        let writer = try writer(key)
        if let value { try append(writer, value) } else { try writer.appendNull() }
    }

    func encodeNil(forKey key: Key) throws { try writer(key).appendNull() }
    func encode(_ value: Bool, forKey key: Key) throws { try writer(key).append(value) }
    func encode(_ value: String, forKey key: Key) throws { try writer(key).append(value) }
    func encode(_ value: Double, forKey key: Key) throws { try writer(key).append(value) }
    func encode(_ value: Float, forKey key: Key) throws { try writer(key).append(value) }
    func encode(_ value: Int, forKey key: Key) throws { try writer(key).append(Int64(value)) }
    func encode(_ value: Int8, forKey key: Key) throws { try writer(key).append(Int64(value)) }
    func encode(_ value: Int16, forKey key: Key) throws { try writer(key).append(Int64(value)) }
    func encode(_ value: Int32, forKey key: Key) throws { try writer(key).append(Int64(value)) }
    func encode(_ value: Int64, forKey key: Key) throws { try writer(key).append(value) }
    func encode(_ value: Int128, forKey key: Key) throws { try writer(key).append(value) }
    func encode(_ value: UInt, forKey key: Key) throws { try writer(key).append(UInt64(value)) }
    func encode(_ value: UInt8, forKey key: Key) throws { try writer(key).append(UInt64(value)) }
    func encode(_ value: UInt16, forKey key: Key) throws { try writer(key).append(UInt64(value)) }
    func encode(_ value: UInt32, forKey key: Key) throws { try writer(key).append(UInt64(value)) }
    func encode(_ value: UInt64, forKey key: Key) throws { try writer(key).append(value) }
    func encode(_ value: UInt128, forKey key: Key) throws { try writer(key).append(value) }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { try writer(key).append(any: value) }

    func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try optional(value, key) { try $0.append($1) } }
    func encodeIfPresent(_ value: String?, forKey key: Key) throws { try optional(value, key) { try $0.append($1) } }
    func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try optional(value, key) { try $0.append($1) } }
    func encodeIfPresent(_ value: Float?, forKey key: Key) throws { try optional(value, key) { try $0.append($1) } }
    func encodeIfPresent(_ value: Int?, forKey key: Key) throws {
        try optional(value, key) { try $0.append(Int64($1)) }
    }
    func encodeIfPresent(_ value: Int8?, forKey key: Key) throws {
        try optional(value, key) { try $0.append(Int64($1)) }
    }
    func encodeIfPresent(_ value: Int16?, forKey key: Key) throws {
        try optional(value, key) { try $0.append(Int64($1)) }
    }
    func encodeIfPresent(_ value: Int32?, forKey key: Key) throws {
        try optional(value, key) { try $0.append(Int64($1)) }
    }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try optional(value, key) { try $0.append($1) } }
    func encodeIfPresent(_ value: Int128?, forKey key: Key) throws { try optional(value, key) { try $0.append($1) } }
    func encodeIfPresent(_ value: UInt?, forKey key: Key) throws {
        try optional(value, key) { try $0.append(UInt64($1)) }
    }
    func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws {
        try optional(value, key) { try $0.append(UInt64($1)) }
    }
    func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws {
        try optional(value, key) { try $0.append(UInt64($1)) }
    }
    func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws {
        try optional(value, key) { try $0.append(UInt64($1)) }
    }
    func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws { try optional(value, key) { try $0.append($1) } }
    func encodeIfPresent(_ value: UInt128?, forKey key: Key) throws { try optional(value, key) { try $0.append($1) } }
    func encodeIfPresent<Value: Encodable>(_ value: Value?, forKey key: Key) throws {
        try optional(value, key) { try $0.append(any: $1) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        ValueEncoder(writer: (try? writer(key)) ?? RefusingWriter(target)).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        ValueEncoder(writer: (try? writer(key)) ?? RefusingWriter(target)).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { ValueEncoder(writer: RefusingWriter(target)) }
    func superEncoder(forKey key: Key) -> any Encoder {
        ValueEncoder(writer: (try? writer(key)) ?? RefusingWriter(target))
    }
}
