/// Parts by name: a tuple's, a map's, a row's columns.
struct FieldsDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let fields: Fields
    let row: Int

    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { fields.names.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { fields.cell(key.stringValue, row) != nil }

    @inline(__always)
    private func cell(_ key: Key) throws -> Cell {
        guard let cell = fields.cell(key.stringValue, row) else {
            throw DecodingError.keyNotFound(key, .init(codingPath: [], debugDescription: "nothing of the name"))
        }
        return cell
    }

    /// The part, where there is one and it is not `NULL`.
    @inline(__always)
    private func given(_ key: Key) -> Cell? {
        guard let cell = fields.cell(key.stringValue, row), !cell.isNull else { return nil }
        return cell
    }

    func decodeNil(forKey key: Key) throws -> Bool { try cell(key).isNull }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        let cell = try cell(key)
        return try cell.reader.bool(cell.row)
    }
    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        let cell = try cell(key)
        return try cell.reader.string(cell.row)
    }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        let cell = try cell(key)
        return try cell.double()
    }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        let cell = try cell(key)
        return try cell.reader.float(cell.row)
    }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        let cell = try cell(key)
        return try cell.signed()
    }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 {
        let cell = try cell(key)
        return try cell.signed()
    }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 {
        let cell = try cell(key)
        return try cell.signed()
    }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
        let cell = try cell(key)
        return try cell.signed()
    }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        let cell = try cell(key)
        return try cell.signed()
    }
    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 {
        let cell = try cell(key)
        return try cell.reader.int128(cell.row)
    }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt {
        let cell = try cell(key)
        return try cell.unsigned()
    }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
        let cell = try cell(key)
        return try cell.unsigned()
    }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
        let cell = try cell(key)
        return try cell.unsigned()
    }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
        let cell = try cell(key)
        return try cell.unsigned()
    }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
        let cell = try cell(key)
        return try cell.unsigned()
    }
    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 {
        let cell = try cell(key)
        return try cell.reader.uint128(cell.row)
    }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let cell = try cell(key)
        return try cell.reader.decode(cell.row)
    }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        guard let cell = given(key) else { return nil }
        return try cell.reader.bool(cell.row)
    }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        guard let cell = given(key) else { return nil }
        return try cell.reader.string(cell.row)
    }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        guard let cell = given(key) else { return nil }
        return try cell.double()
    }
    func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? {
        guard let cell = given(key) else { return nil }
        return try cell.reader.float(cell.row)
    }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        guard let cell = given(key) else { return nil }
        return try cell.signed()
    }
    func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? {
        guard let cell = given(key) else { return nil }
        return try cell.signed()
    }
    func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? {
        guard let cell = given(key) else { return nil }
        return try cell.signed()
    }
    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
        guard let cell = given(key) else { return nil }
        return try cell.signed()
    }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        guard let cell = given(key) else { return nil }
        return try cell.signed()
    }
    func decodeIfPresent(_ type: Int128.Type, forKey key: Key) throws -> Int128? {
        guard let cell = given(key) else { return nil }
        return try cell.reader.int128(cell.row)
    }
    func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? {
        guard let cell = given(key) else { return nil }
        return try cell.unsigned()
    }
    func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? {
        guard let cell = given(key) else { return nil }
        return try cell.unsigned()
    }
    func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? {
        guard let cell = given(key) else { return nil }
        return try cell.unsigned()
    }
    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? {
        guard let cell = given(key) else { return nil }
        return try cell.unsigned()
    }
    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? {
        guard let cell = given(key) else { return nil }
        return try cell.unsigned()
    }
    func decodeIfPresent(_ type: UInt128.Type, forKey key: Key) throws -> UInt128? {
        guard let cell = given(key) else { return nil }
        return try cell.reader.uint128(cell.row)
    }
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let cell = given(key) else { return nil }
        return try cell.reader.decode(cell.row)
    }

    private func decoder(_ key: Key) throws -> CellDecoder {
        let cell = try cell(key)
        return CellDecoder(reader: cell.reader, row: cell.row)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try decoder(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder {
        throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "a row has no super class"))
    }
    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
}
