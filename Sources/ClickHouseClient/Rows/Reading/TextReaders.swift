import Bytes
import ClickHouseProtocol

/// Texts where they are UTF-8, and any bytes.
final class StringReader: CellReader {
    private var strings: StringColumn = []

    override func bind(_ data: ColumnData) -> Bool {
        guard case .string(let strings) = data else { return false }
        self.strings = strings
        return true
    }

    override func string(_ row: Int) throws -> String {
        let text = strings.withBytes(row) { (bytes: RawSpan) in String(validating: bytes) }
        guard let text else { throw inexact(row, String.self) }
        return text
    }
    override func uuid(_ row: Int) throws -> ClickHouseUUID {
        guard let id = ClickHouseUUID(try string(row)) else { throw inexact(row, ClickHouseUUID.self) }
        return id
    }
    override func elements(_ row: Int) -> Elements { Elements(bytes: strings[row].array, at: path) }
    override var wholeValue: (any Any.Type)? { [UInt8].self }
    override func inOnePiece(_ row: Int) -> Any? { strings[row].array }
    override func shown(_ row: Int) -> String { shownBytes(strings[row]) }
}

/// Texts of one length, whose zeros at the end are part of them.
final class FixedStringReader: CellReader {
    private var strings = FixedStringColumn(bytes: [], width: 1)

    override func bind(_ data: ColumnData) -> Bool {
        guard case .fixedString(let strings) = data else { return false }
        self.strings = strings
        return true
    }

    override func string(_ row: Int) throws -> String {
        guard let text = strings[row].utf8 else { throw inexact(row, String.self) }
        return text
    }
    override func elements(_ row: Int) -> Elements { Elements(bytes: strings[row].array, at: path) }
    override var wholeValue: (any Any.Type)? { [UInt8].self }
    override func inOnePiece(_ row: Int) -> Any? { strings[row].array }
    override func shown(_ row: Int) -> String { shownBytes(strings[row]) }
}

private func shownBytes(_ bytes: ByteSlice) -> String {
    guard let text = bytes.utf8 else { return "of \(bytes.count) bytes that are no UTF-8" }
    return "'\(text)'"
}

/// UUIDs, as their text too, of which Foundation's decode themselves.
final class UUIDReader: CellReader {
    private var values: [ClickHouseUUID] = []

    override func bind(_ data: ColumnData) -> Bool {
        guard case .uuid(let values) = data else { return false }
        self.values = values
        return true
    }

    override func uuid(_ row: Int) -> ClickHouseUUID { values[row] }
    override func string(_ row: Int) -> String { values[row].description }
    override var wholeArray: (any Any.Type)? { [ClickHouseUUID].self }
    override func whole(_ rows: Range<Int>) -> Any? { Array(values[rows]) }
    override func shown(_ row: Int) -> String { values[row].description }
}

/// IPv4 addresses, as text or number.
final class IPv4Reader: CellReader {
    private var values: [UInt32] = []

    override func bind(_ data: ColumnData) -> Bool {
        guard case .uint32(let values) = data else { return false }
        self.values = values
        return true
    }

    override func int64(_ row: Int, _ wanted: any Any.Type) -> Int64 { Int64(values[row]) }
    override func string(_ row: Int) -> String { shown(row) }
    override func shown(_ row: Int) -> String { AddressText.text(ipv4: values[row]) }
}

/// IPv6 addresses, as text or bytes.
final class IPv6Reader: CellReader {
    private var values = FixedStringColumn(bytes: [], width: 16)

    override func bind(_ data: ColumnData) -> Bool {
        guard case .fixedString(let values) = data, values.width == 16 else { return false }
        self.values = values
        return true
    }

    override func string(_ row: Int) -> String { shown(row) }
    override func elements(_ row: Int) -> Elements { Elements(bytes: values[row].array, at: path) }
    override var wholeValue: (any Any.Type)? { [UInt8].self }
    override func inOnePiece(_ row: Int) -> Any? { values[row].array }
    override func shown(_ row: Int) -> String { AddressText.text(ipv6: values[row].array) }
}

/// Names of an enum's cases, and their numbers.
final class EnumReader: CellReader {
    private var narrow: [Int8] = []
    private var wide: [Int16] = []
    private let names: [Int16: String]

    init(_ type: ColumnType, at path: [CellKey], _ cases: [ColumnType.EnumCase]) {
        names = Dictionary(cases.map { ($0.value, $0.name) }, uniquingKeysWith: { first, _ in first })
        super.init(type, at: path)
    }

    override func bind(_ data: ColumnData) -> Bool {
        (narrow, wide) = ([], [])
        switch data {
        case .int8(let values): narrow = values
        case .int16(let values): wide = values
        default: return false
        }
        return true
    }

    private func number(_ row: Int) -> Int16 { wide.isEmpty ? Int16(narrow[row]) : wide[row] }

    override func int64(_ row: Int, _ wanted: any Any.Type) -> Int64 { Int64(number(row)) }
    override func string(_ row: Int) throws -> String {
        guard let name = names[number(row)] else { throw inexact(row, String.self) }
        return name
    }
    override func shown(_ row: Int) -> String { names[number(row)].map { "'\($0)'" } ?? "\(number(row))" }
}
