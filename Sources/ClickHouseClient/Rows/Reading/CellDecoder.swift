import ClickHouseProtocol

/// Decodes one value.
struct CellDecoder: Decoder {
    let reader: CellReader
    let row: Int
    /// Whether Foundation's `Date` decodes itself: its number is a moment.
    var isMoment = false

    var codingPath: [any CodingKey] { reader.path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(FieldsDecoder(fields: try reader.fields(row), row: row))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        ElementsDecoder(elements: try reader.elements(row), codingPath: reader.path)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        SingleDecoder(reader: reader, row: row, isMoment: isMoment)
    }
}

extension Cell {
    @inline(__always)
    func signed<Number: FixedWidthInteger>() throws -> Number {
        guard let number = Number(exactly: try reader.int64(row, Number.self)) else {
            throw reader.inexact(row, Number.self)
        }
        return number
    }

    @inline(__always)
    func unsigned<Number: FixedWidthInteger>() throws -> Number {
        guard let number = Number(exactly: try reader.uint64(row, Number.self)) else {
            throw reader.inexact(row, Number.self)
        }
        return number
    }

    @inline(__always)
    func double() throws -> Double { try reader.double(row) }
}

private struct SingleDecoder: SingleValueDecodingContainer {
    let reader: CellReader
    let row: Int
    let isMoment: Bool

    var codingPath: [any CodingKey] { reader.path }
    private var cell: Cell { Cell(reader: reader, row: row) }

    func decodeNil() -> Bool { reader.isNull(row) }
    func decode(_ type: Double.Type) throws -> Double {
        try isMoment ? reader.moment(row, Double.self) : reader.double(row)
    }
    func decode(_ type: Bool.Type) throws -> Bool { try cell.reader.bool(cell.row) }
    func decode(_ type: String.Type) throws -> String { try cell.reader.string(cell.row) }
    func decode(_ type: Float.Type) throws -> Float { try cell.reader.float(cell.row) }
    func decode(_ type: Int.Type) throws -> Int { try cell.signed() }
    func decode(_ type: Int8.Type) throws -> Int8 { try cell.signed() }
    func decode(_ type: Int16.Type) throws -> Int16 { try cell.signed() }
    func decode(_ type: Int32.Type) throws -> Int32 { try cell.signed() }
    func decode(_ type: Int64.Type) throws -> Int64 { try cell.signed() }
    func decode(_ type: Int128.Type) throws -> Int128 { try cell.reader.int128(cell.row) }
    func decode(_ type: UInt.Type) throws -> UInt { try cell.unsigned() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try cell.unsigned() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try cell.unsigned() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try cell.unsigned() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try cell.unsigned() }
    func decode(_ type: UInt128.Type) throws -> UInt128 { try cell.reader.uint128(cell.row) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try reader.decode(row) }
}

/// Parts in order.
struct ElementsDecoder: UnkeyedDecodingContainer {
    let elements: Elements
    let codingPath: [any CodingKey]
    var currentIndex = 0

    init(elements: Elements, codingPath: [any CodingKey]) {
        self.elements = elements
        self.codingPath = codingPath
    }

    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    private mutating func next() throws -> Cell {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                Any.self, .init(codingPath: codingPath, debugDescription: "there are \(elements.count) elements"))
        }
        defer { currentIndex += 1 }
        return elements[currentIndex]
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, elements[currentIndex].isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool {
        let cell = try next()
        return try cell.reader.bool(cell.row)
    }
    mutating func decode(_ type: String.Type) throws -> String {
        let cell = try next()
        return try cell.reader.string(cell.row)
    }
    mutating func decode(_ type: Double.Type) throws -> Double {
        let cell = try next()
        return try cell.double()
    }
    mutating func decode(_ type: Float.Type) throws -> Float {
        let cell = try next()
        return try cell.reader.float(cell.row)
    }
    mutating func decode(_ type: Int.Type) throws -> Int {
        let cell = try next()
        return try cell.signed()
    }
    mutating func decode(_ type: Int8.Type) throws -> Int8 {
        let cell = try next()
        return try cell.signed()
    }
    mutating func decode(_ type: Int16.Type) throws -> Int16 {
        let cell = try next()
        return try cell.signed()
    }
    mutating func decode(_ type: Int32.Type) throws -> Int32 {
        let cell = try next()
        return try cell.signed()
    }
    mutating func decode(_ type: Int64.Type) throws -> Int64 {
        let cell = try next()
        return try cell.signed()
    }
    mutating func decode(_ type: Int128.Type) throws -> Int128 {
        let cell = try next()
        return try cell.reader.int128(cell.row)
    }
    mutating func decode(_ type: UInt.Type) throws -> UInt {
        let cell = try next()
        return try cell.unsigned()
    }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 {
        let cell = try next()
        return try cell.unsigned()
    }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 {
        let cell = try next()
        return try cell.unsigned()
    }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 {
        let cell = try next()
        return try cell.unsigned()
    }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 {
        let cell = try next()
        return try cell.unsigned()
    }
    mutating func decode(_ type: UInt128.Type) throws -> UInt128 {
        let cell = try next()
        return try cell.reader.uint128(cell.row)
    }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let cell = try next()
        return try cell.reader.decode(cell.row)
    }

    private mutating func decoder() throws -> CellDecoder {
        let cell = try next()
        return CellDecoder(reader: cell.reader, row: cell.row)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { try decoder().container(keyedBy: type) }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try decoder().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try decoder() }
}
