import Bytes
import ClickHouseProtocol

/// Texts, and any bytes.
final class StringWriter: ColumnWriter {
    private var strings = StringColumnBuilder()
    private var byteTotal = 0
    private let bytes = ByteElements()

    override var count: Int { strings.count + (bytes.isOpen ? 1 : 0) }
    override var byteCount: Int { byteTotal }
    override var wholeValue: (any Any.Type)? { bytes.wholeArray }

    override func append(_ value: String) throws {
        strings.append(value)
        byteTotal += value.utf8.count + 8
    }
    override func append(_ value: ClickHouseUUID) throws { try append(value.description) }
    override func append(decimal text: String) throws { try append(text) }
    override func appendDefault() { strings.append("") }
    override func beginElements() { bytes.begin() }
    override func element() -> ColumnWriter { bytes }
    override func settle() throws {
        guard bytes.isOpen else { return }
        let given = bytes.end()
        strings.append(ByteSlice(given))
        byteTotal += given.count + 8
    }
    override func take() throws -> ColumnData {
        try settle()
        byteTotal = 0
        return .string(strings.take())
    }
}

/// The bytes of a text that is given as an array of them.
final class ByteElements: ColumnWriter {
    private(set) var isOpen = false
    private var bytes: [UInt8] = []

    init() { super.init(.uint8, at: "") }

    func begin() { isOpen = true }

    func end() -> [UInt8] {
        isOpen = false
        defer { bytes = [] }
        return bytes
    }

    override var count: Int { bytes.count }
    override var wholeArray: (any Any.Type)? { [UInt8].self }
    override func append(_ value: Int64) throws {
        guard let byte = UInt8(exactly: value) else { throw refused(value) }
        bytes.append(byte)
    }
    override func append(elements whole: Any) {
        if let whole = whole as? [UInt8] { bytes += whole }
    }
}

/// Texts of one length: exactly it, since what is shorter would come back with zeros.
final class FixedStringWriter: ColumnWriter {
    private let width: Int
    private var writer = ByteWriter()
    private let bytes = ByteElements()

    init(_ type: ColumnType, at place: String, width: Int) {
        self.width = width
        super.init(type, at: place)
    }

    override var count: Int { writer.count / width + (bytes.isOpen ? 1 : 0) }
    override var byteCount: Int { writer.count }
    override func append(_ value: String) throws {
        guard value.utf8.count == width else { throw refused("'\(value)' of \(value.utf8.count) bytes") }
        writer.write(value)
    }
    override func appendDefault() { writer.write(repeating: 0, count: width) }
    override func beginElements() { bytes.begin() }
    override func element() -> ColumnWriter { bytes }
    override func settle() throws {
        guard bytes.isOpen else { return }
        let given = bytes.end()
        guard given.count == width else { throw refused("an array of \(given.count) bytes") }
        writer.write(given)
    }
    override func take() throws -> ColumnData {
        try settle()
        return .fixedString(FixedStringColumn(bytes: writer.take(), width: width))
    }
}

/// UUIDs, of their text too, as which Foundation's code themselves.
final class UUIDWriter: ColumnWriter {
    private var values: [ClickHouseUUID] = []

    override var count: Int { values.count }
    override var byteCount: Int { values.count * 16 }
    override var wholeArray: (any Any.Type)? { [ClickHouseUUID].self }
    override func append(_ value: ClickHouseUUID) { values.append(value) }
    override func append(_ value: String) throws {
        guard let id = ClickHouseUUID(value) else { throw refused("'\(value)'") }
        values.append(id)
    }
    override func append(elements whole: Any) {
        if let whole = whole as? [ClickHouseUUID] { values += whole }
    }
    override func appendDefault() { values.append(ClickHouseUUID(high: 0, low: 0)) }
    override func take() -> ColumnData {
        defer { values = [] }
        return .uuid(values)
    }
}

/// IPv4 addresses, of their text or number.
final class IPv4Writer: ColumnWriter {
    private var values: [UInt32] = []

    override var count: Int { values.count }
    override var byteCount: Int { values.count * 4 }
    override func append(_ value: Int64) throws {
        guard let address = UInt32(exactly: value) else { throw refused(value) }
        values.append(address)
    }
    override func append(_ value: String) throws {
        guard let address = AddressText.ipv4(value) else { throw refused("'\(value)'") }
        values.append(address)
    }
    override func appendDefault() { values.append(0) }
    override func take() -> ColumnData {
        defer { values = [] }
        return .uint32(values)
    }
}

/// IPv6 addresses, of their text or their 16 bytes.
final class IPv6Writer: ColumnWriter {
    private var writer = ByteWriter()
    private let bytes = ByteElements()

    override var count: Int { writer.count / 16 + (bytes.isOpen ? 1 : 0) }
    override var byteCount: Int { writer.count }
    override func append(_ value: String) throws {
        guard let address = AddressText.ipv6(value) else { throw refused("'\(value)'") }
        writer.write(address)
    }
    override func appendDefault() { writer.write(repeating: 0, count: 16) }
    override func beginElements() { bytes.begin() }
    override func element() -> ColumnWriter { bytes }
    override func settle() throws {
        guard bytes.isOpen else { return }
        let given = bytes.end()
        guard given.count == 16 else { throw refused("an array of \(given.count) bytes") }
        writer.write(given)
    }
    override func take() throws -> ColumnData {
        try settle()
        return .fixedString(FixedStringColumn(bytes: writer.take(), width: 16))
    }
}

/// Names of an enum's cases, or their numbers.
final class EnumWriter: ColumnWriter {
    private var values: [Int16] = []
    private let numbers: [String: Int16]
    private let known: Set<Int16>
    private let first: Int16

    init(_ type: ColumnType, at place: String, _ cases: [ColumnType.EnumCase]) {
        numbers = Dictionary(cases.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        known = Set(cases.map(\.value))
        // The server's default is the least.
        first = known.min() ?? 0
        super.init(type, at: place)
    }

    override var count: Int { values.count }
    override var byteCount: Int { values.count * 2 }
    override func append(_ value: String) throws {
        guard let number = numbers[value] else { throw refused("'\(value)'") }
        values.append(number)
    }
    override func append(_ value: Int64) throws {
        guard let number = Int16(exactly: value), known.contains(number) else { throw refused(value) }
        values.append(number)
    }
    override func appendDefault() { values.append(first) }
    override func take() -> ColumnData {
        defer { values = [] }
        guard case .enum8 = type else { return .int16(values) }
        return .int8(values.map { Int8(truncatingIfNeeded: $0) })
    }
}
