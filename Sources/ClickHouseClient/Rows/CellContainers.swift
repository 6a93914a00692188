import ClickHouseProtocol

/// Decodes one value.
struct CellDecoder: Decoder, SingleValueDecodingContainer {
    let cell: Cell
    /// Whether Foundation's `Date` decodes itself: its number is not the column's.
    var isForDate = false
    var codingPath: [any CodingKey] { cell.path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    /// An array's elements.
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let cell = try cell.value([Any].self)
        // Foundation's `Data` decodes itself from bytes.
        if let bytes = cell.bytes {
            return CellsInOrder(count: bytes.count, codingPath: cell.path) { index in
                Cell(data: .uint8(bytes), type: .uint8, row: index, path: cell.path + [CellKey(index)])
            }
        }
        guard case .array(let column) = cell.data, case .array(let element) = cell.type else {
            throw cell.mismatch([Any].self)
        }
        let range = column.range(cell.row)
        return CellsInOrder(count: range.count, codingPath: cell.path) { index in
            Cell(
                data: column.values, type: element, row: range.lowerBound + index,
                path: cell.path + [CellKey(index)])
        }
    }

    /// A named tuple's elements, or a map's values by their keys.
    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        let cell = try cell.value([String: Any].self)
        switch (cell.data, cell.type) {
        case (.tuple(let column), .tuple(let elements)):
            return KeyedDecodingContainer(
                CellsByName(names: elements.compactMap(\.name), codingPath: cell.path) { key in
                    elements.firstIndex { $0.name == key.stringValue }.map {
                        Cell(data: column.elements[$0], type: elements[$0].type, row: cell.row, path: cell.path + [key])
                    }
                })
        case (.array(let column), .map(let keyType, let valueType)):
            guard case .tuple(let pairs) = column.values, pairs.elements.count == 2 else { break }
            let range = column.range(cell.row)
            var rows: [String: Int] = [:]
            for row in range {
                rows[try Cell(data: pairs.elements[0], type: keyType, row: row, path: cell.path).string()] = row
            }
            return KeyedDecodingContainer(
                CellsByName(names: Array(rows.keys), codingPath: cell.path) { key in
                    rows[key.stringValue].map {
                        Cell(data: pairs.elements[1], type: valueType, row: $0, path: cell.path + [key])
                    }
                })
        default: break
        }
        throw cell.mismatch([String: Any].self)
    }

    private static let dates: Set<String> = ["Foundation.Date", "FoundationEssentials.Date"]

    func decodeNil() -> Bool { cell.inner == nil }
    func decode(_ type: Bool.Type) throws -> Bool { try cell.bool() }
    func decode(_ type: String.Type) throws -> String { try cell.string() }
    func decode(_ type: Double.Type) throws -> Double {
        try isForDate ? cell.referenceSeconds() : cell.double()
    }
    func decode(_ type: Float.Type) throws -> Float { try cell.float() }
    func decode(_ type: Int.Type) throws -> Int { try cell.integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try cell.integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try cell.integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try cell.integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try cell.integer(type) }
    func decode(_ type: Int128.Type) throws -> Int128 { try cell.integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try cell.integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try cell.integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try cell.integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try cell.integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try cell.integer(type) }
    func decode(_ type: UInt128.Type) throws -> UInt128 { try cell.integer(type) }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        // Told by its name: this module does without Foundation.
        if cell.isTime, Self.dates.contains(String(reflecting: type)) {
            return try Value(from: CellDecoder(cell: cell, isForDate: true))
        }
        return try cell.special(type) ?? Value(from: self)
    }
}

/// Values by name.
struct CellsByName<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let names: [String]
    let codingPath: [any CodingKey]
    let cell: (any CodingKey) -> Cell?

    var allKeys: [Key] { names.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { cell(key) != nil }

    private func decoder(_ key: Key) throws -> CellDecoder {
        guard let cell = cell(key) else {
            throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "nothing of the name"))
        }
        return CellDecoder(cell: cell)
    }

    func decodeNil(forKey key: Key) throws -> Bool { try decoder(key).decodeNil() }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try decoder(key).decode(type) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try decoder(key).decode(type) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try decoder(key).decode(type) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try decoder(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try decoder(key).decode(type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try decoder(key).decode(type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try decoder(key).decode(type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try decoder(key).decode(type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try decoder(key).decode(type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try decoder(key).decode(type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try decoder(key).decode(type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try decoder(key).decode(type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try decoder(key).decode(type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try decoder(key).decode(type) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try decoder(key).decode(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try decoder(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { throw Self.noSuper(codingPath) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }

    private static func noSuper(_ path: [any CodingKey]) -> DecodingError {
        .dataCorrupted(.init(codingPath: path, debugDescription: "a row has no super class"))
    }
}

/// Values one after the other.
struct CellsInOrder: UnkeyedDecodingContainer {
    let elements: Int
    let codingPath: [any CodingKey]
    let cell: (Int) -> Cell
    var currentIndex = 0

    init(count: Int, codingPath: [any CodingKey], cell: @escaping (Int) -> Cell) {
        elements = count
        self.codingPath = codingPath
        self.cell = cell
    }

    var count: Int? { elements }
    var isAtEnd: Bool { currentIndex >= elements }

    private mutating func next() throws -> CellDecoder {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                Any.self, .init(codingPath: codingPath, debugDescription: "there are \(elements) elements"))
        }
        defer { currentIndex += 1 }
        return CellDecoder(cell: cell(currentIndex))
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, CellDecoder(cell: cell(currentIndex)).decodeNil() else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try next().decode(type) }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { try next().container(keyedBy: type) }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }
}
