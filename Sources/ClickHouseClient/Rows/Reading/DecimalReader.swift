import ClickHouseProtocol

/// Decimals: as texts and as Foundation's decimals, as whole numbers where they are whole, and as the floating-point number
/// that tells the same decimal in its shortest form.
final class DecimalReader: CellReader {
    private var narrow: [Int64] = []
    private var middle: [Int128] = []
    private var wide: [Int256] = []
    private let scale: Int
    private let power: Double

    init(_ type: ColumnType, at path: [CellKey], scale: Int) {
        self.scale = scale
        power = (0..<scale).reduce(1) { power, _ in power * 10 }
        super.init(type, at: path)
    }

    override func bind(_ data: ColumnData) -> Bool {
        (narrow, middle, wide) = ([], [], [])
        switch data {
        case .int32(let values): narrow = values.map { Int64($0) }
        case .int64(let values): narrow = values
        case .int128(let values): middle = values
        case .int256(let values): wide = values
        default: return false
        }
        return true
    }

    private func ticks(_ row: Int) -> Int256 {
        if !narrow.isEmpty { return Int256(Int128(narrow[row])) }
        return middle.isEmpty ? wide[row] : Int256(middle[row])
    }

    private func whole<Number: FixedWidthInteger>(_ row: Int, _ wanted: any Any.Type) throws -> Number {
        let ticks = ticks(row)
        var magnitude = ticks.magnitude
        for _ in 0..<scale { guard magnitude.removeLastDigit() == 0 else { throw inexact(row, wanted) } }
        guard let whole = Int256(isNegative: ticks.high < 0, magnitude: magnitude), let number = Number(exactly: whole)
        else { throw inexact(row, wanted) }
        return number
    }

    override func int64(_ row: Int, _ wanted: any Any.Type) throws -> Int64 { try whole(row, wanted) }
    override func uint64(_ row: Int, _ wanted: any Any.Type) throws -> UInt64 { try whole(row, wanted) }
    override func int128(_ row: Int) throws -> Int128 { try whole(row, Int128.self) }
    override func uint128(_ row: Int) throws -> UInt128 { try whole(row, UInt128.self) }

    override func double(_ row: Int) throws -> Double {
        // Up to 15 digits a Double tells one decimal alone, and the powers of ten up to 22 are exact.
        if scale <= 22, !narrow.isEmpty, narrow[row].magnitude < 1_000_000_000_000_000 {
            return Double(narrow[row]) / power
        }
        guard let number = Double(shown(row)), DecimalText.ticks("\(number)", scale: scale) == ticks(row) else {
            throw inexact(row, Double.self)
        }
        return number
    }
    override func float(_ row: Int) throws -> Float {
        guard let number = Float(shown(row)), DecimalText.ticks("\(number)", scale: scale) == ticks(row) else {
            throw inexact(row, Float.self)
        }
        return number
    }
    override func string(_ row: Int) -> String { shown(row) }
    override func decimal(_ row: Int, _ wanted: any Any.Type) -> DecimalTicks {
        DecimalTicks(ticks: ticks(row), scale: scale)
    }
    override func shown(_ row: Int) -> String { DecimalText.text(ticks(row), scale: scale) }
}

/// The parts of its memory, of which Foundation's `Decimal` decodes itself.
struct DecimalParts {
    let decoder: CellDecoder

    init(_ decimal: DecimalTicks, of reader: CellReader, _ row: Int, _ wanted: any Any.Type) throws {
        var magnitude = decimal.ticks.magnitude
        var exponent = -decimal.scale
        while magnitude != UInt256(low: 0) {
            var fewer = magnitude
            guard fewer.removeLastDigit() == 0 else { break }
            magnitude = fewer
            exponent += 1
        }
        if magnitude == UInt256(low: 0) { exponent = 0 }
        guard magnitude.high == 0 else { throw reader.inexact(row, wanted) }
        let words = (0..<8).map { UInt16(truncatingIfNeeded: magnitude.low >> UInt128(16 * $0)) }
        let length = (words.lastIndex { $0 != 0 } ?? -1) + 1
        let parts: [(String, ColumnType, ColumnData)] = [
            ("exponent", .int32, .int32([Int32(exponent)])), ("length", .uint32, .uint32([UInt32(length)])),
            ("isNegative", .bool, .uint8([decimal.ticks.high < 0 ? 1 : 0])), ("isCompact", .bool, .uint8([1])),
            ("mantissa", .array(.uint16), .array(ArrayColumn(ends: [8], values: .uint16(words)))),
        ]
        let readers = parts.map { name, type, data in
            let reader = type.reader(at: reader.path)
            _ = reader.bind(data)
            return reader
        }
        let fields = TupleFields(names: parts.map(\.0), readers: readers)
        decoder = CellDecoder(reader: FieldsReader(fields, at: reader.path), row: 0)
    }
}
