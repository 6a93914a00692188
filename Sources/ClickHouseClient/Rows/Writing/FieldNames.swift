import ClickHouseProtocol

/// Finds the names of a value's parts, in the order in which it codes them; what they hold is passed over.
final class FieldNames {
    private(set) var names: [String] = []

    /// The names of a structure's parts; none of a value that is no structure.
    static func of(_ value: some Encodable) throws -> [String] {
        let found = FieldNames()
        try value.encode(to: Finder(found: found))
        return found.names
    }

    private func add(_ name: String) {
        if !names.contains(name) { names.append(name) }
    }

    private struct Finder: Encoder {
        let found: FieldNames
        var codingPath: [any CodingKey] { [] }
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
            KeyedEncodingContainer(Names(found: found))
        }
        func unkeyedContainer() -> any UnkeyedEncodingContainer { ValueEncoder(writer: Anything()).unkeyedContainer() }
        func singleValueContainer() -> any SingleValueEncodingContainer {
            ValueEncoder(writer: Anything()).singleValueContainer()
        }
    }

    private struct Names<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let found: FieldNames
        var codingPath: [any CodingKey] { [] }

        func encodeNil(forKey key: Key) { found.add(key.stringValue) }
        func encode<Value: Encodable>(_ value: Value, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent<Value: Encodable>(_ value: Value?, forKey key: Key) { found.add(key.stringValue) }
        func encode(_ value: Bool, forKey key: Key) { found.add(key.stringValue) }
        func encode(_ value: String, forKey key: Key) { found.add(key.stringValue) }
        func encode(_ value: Double, forKey key: Key) { found.add(key.stringValue) }
        func encode(_ value: Float, forKey key: Key) { found.add(key.stringValue) }
        func encode(_ value: Int, forKey key: Key) { found.add(key.stringValue) }
        func encode(_ value: Int8, forKey key: Key) { found.add(key.stringValue) }
        func encode(_ value: Int16, forKey key: Key) { found.add(key.stringValue) }
        func encode(_ value: Int32, forKey key: Key) { found.add(key.stringValue) }
        func encode(_ value: Int64, forKey key: Key) { found.add(key.stringValue) }
        func encode(_ value: Int128, forKey key: Key) { found.add(key.stringValue) }
        func encode(_ value: UInt, forKey key: Key) { found.add(key.stringValue) }
        func encode(_ value: UInt8, forKey key: Key) { found.add(key.stringValue) }
        func encode(_ value: UInt16, forKey key: Key) { found.add(key.stringValue) }
        func encode(_ value: UInt32, forKey key: Key) { found.add(key.stringValue) }
        func encode(_ value: UInt64, forKey key: Key) { found.add(key.stringValue) }
        func encode(_ value: UInt128, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent(_ value: Bool?, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent(_ value: String?, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent(_ value: Double?, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent(_ value: Float?, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent(_ value: Int?, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent(_ value: Int8?, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent(_ value: Int16?, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent(_ value: Int32?, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent(_ value: Int64?, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent(_ value: Int128?, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent(_ value: UInt?, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent(_ value: UInt8?, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent(_ value: UInt16?, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent(_ value: UInt32?, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent(_ value: UInt64?, forKey key: Key) { found.add(key.stringValue) }
        func encodeIfPresent(_ value: UInt128?, forKey key: Key) { found.add(key.stringValue) }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) -> KeyedEncodingContainer<Nested> {
            found.add(key.stringValue)
            return ValueEncoder(writer: Anything()).container(keyedBy: type)
        }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            found.add(key.stringValue)
            return ValueEncoder(writer: Anything()).unkeyedContainer()
        }
        func superEncoder() -> any Encoder { ValueEncoder(writer: Anything()) }
        func superEncoder(forKey key: Key) -> any Encoder {
            found.add(key.stringValue)
            return ValueEncoder(writer: Anything())
        }
    }

    /// Takes anything, and keeps nothing.
    private final class Anything: ColumnWriter {
        private var taken = 0

        init() { super.init(.nothing, at: "") }
        override var count: Int { taken }
        override func append(_ value: Int64) { taken += 1 }
        override func append(_ value: UInt64) { taken += 1 }
        override func append(_ value: Int128) { taken += 1 }
        override func append(_ value: UInt128) { taken += 1 }
        override func append(_ value: Double) { taken += 1 }
        override func append(_ value: Float) { taken += 1 }
        override func append(_ value: Bool) { taken += 1 }
        override func append(_ value: String) { taken += 1 }
        override func append(_ value: ClickHouseUUID) { taken += 1 }
        override func append(moment seconds: Double) { taken += 1 }
        override func append(decimal text: String) { taken += 1 }
        override func appendNull() { taken += 1 }
        override func beginFields() { taken += 1 }
        override func beginElements() { taken += 1 }
        override func field(_ name: String) -> ColumnWriter { Anything() }
        override func element() -> ColumnWriter { Anything() }
    }
}
