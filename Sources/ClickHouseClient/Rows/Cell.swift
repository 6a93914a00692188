import Bytes
import ClickHouseProtocol

/// One value: a column's, in one row.
struct Cell {
    let data: ColumnData
    let type: ColumnType
    let row: Int
    let path: [any CodingKey]

    func mismatch(_ wanted: any Any.Type) -> DecodingError {
        .typeMismatch(
            wanted, .init(codingPath: path, debugDescription: "\(type.name) values are no \(wanted)"))
    }

    /// The value itself, out of the dictionary and out of what may be `NULL`; nil where it is `NULL`.
    var inner: Cell? {
        switch (data, type) {
        case (_, .alias(_, let type)): return Cell(data: data, type: type, row: row, path: path).inner
        case (.nullable(let column), .nullable(let type)):
            return column.isNull(row) ? nil : Cell(data: column.values, type: type, row: row, path: path)
        case (.lowCardinality(let column), .lowCardinality(let type)):
            if column.isNull(row) { return nil }
            var value = type
            if case .nullable(let inner) = type { value = inner }
            return Cell(data: column.dictionary, type: value, row: Int(column.indexes[row]), path: path)
        case (.nothing, _): return nil
        default: return self
        }
    }

    /// The value, which is not `NULL`.
    func value(_ wanted: any Any.Type) throws -> Cell {
        guard let inner else {
            throw DecodingError.valueNotFound(
                wanted, .init(codingPath: path, debugDescription: "NULL where \(wanted) is wanted"))
        }
        return inner
    }

    /// The value cannot be represented exactly: the message names the column's type, the value, and what is wanted.
    private func inexact(_ value: some CustomStringConvertible, _ wanted: any Any.Type) -> DecodingError {
        .dataCorrupted(
            .init(codingPath: path, debugDescription: "the \(type.name) value \(value) is not exactly any \(wanted)"))
    }

    func integer<Number: FixedWidthInteger>(_ wanted: Number.Type) throws -> Number {
        let cell = try value(wanted)
        if case .decimal(_, let scale) = cell.type, scale > 0 { return try cell.wholeDecimal(scale, wanted) }
        return try cell.count(wanted)
    }

    /// The whole number that a decimal is: 2.00 is 2, 1.10 is none.
    private func wholeDecimal<Number: FixedWidthInteger>(_ scale: Int, _ wanted: Number.Type) throws -> Number {
        let ticks = try count(Int128.self)
        var power = Int128(1)
        for _ in 0..<scale {
            let (product, overflow) = power.multipliedReportingOverflow(by: 10)
            guard !overflow else {
                // No number of ticks comes so far: only 0 is whole.
                if ticks == 0 { return 0 }
                throw inexact("\(ticks)e-\(scale)", wanted)
            }
            power = product
        }
        guard ticks % power == 0, let whole = Number(exactly: ticks / power) else {
            throw inexact("\(ticks)e-\(scale)", wanted)
        }
        return whole
    }

    /// The number as it is on the wire: days, seconds and ticks, too.
    private func count<Number: FixedWidthInteger>(_ wanted: Number.Type) throws -> Number {
        let exact: Number? =
            switch data {
            case .int8(let values): Number(exactly: values[row])
            case .int16(let values): Number(exactly: values[row])
            case .int32(let values): Number(exactly: values[row])
            case .int64(let values): Number(exactly: values[row])
            case .int128(let values): Number(exactly: values[row])
            case .uint8(let values): Number(exactly: values[row])
            case .uint16(let values): Number(exactly: values[row])
            case .uint32(let values): Number(exactly: values[row])
            case .uint64(let values): Number(exactly: values[row])
            case .uint128(let values): Number(exactly: values[row])
            default: throw mismatch(wanted)
            }
        guard let exact else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: path, debugDescription: "the value does not fit \(wanted)"))
        }
        return exact
    }

    func double() throws -> Double {
        let cell = try value(Double.self)
        switch cell.data {
        case .float64(let values): return values[cell.row]
        case .float32(let values): return Double(values[cell.row])
        case .uint16(let values) where cell.type == .bfloat16:
            return Double(Float(bitPattern: UInt32(values[cell.row]) << 16))
        default:
            guard case .decimal(_, let scale) = cell.type else {
                let number = try cell.count(Int128.self)
                guard let exact = Double(exactly: number) else { throw cell.inexact(number, Double.self) }
                return exact
            }
            let whole = Double(try cell.count(Int128.self))
            // The powers of ten up to 22 are exact, so that a decimal becomes the nearest Double.
            var power = 1.0
            for _ in 0..<scale { power *= 10 }
            return whole / power
        }
    }

    func bool() throws -> Bool {
        let cell = try value(Bool.self)
        guard case .uint8(let values) = cell.data else { throw cell.mismatch(Bool.self) }
        return values[cell.row] != 0
    }

    func string() throws -> String {
        let cell = try value(String.self)
        switch (cell.data, cell.type) {
        case (.string(let strings), _): return try cell.text(strings[cell.row])
        // What is shorter than the type is filled up with zeros: they are part of the value.
        case (.fixedString(let strings), .fixedString): return try cell.text(strings[cell.row])
        case (.uuid(let ids), _): return ids[cell.row].description
        case (.int8(let values), .enum8(let cases)): return try cell.name(Int16(values[cell.row]), cases)
        case (.int16(let values), .enum16(let cases)): return try cell.name(values[cell.row], cases)
        default: throw cell.mismatch(String.self)
        }
    }

    private func text(_ bytes: ByteSlice) throws -> String {
        guard let text = bytes.utf8 else { throw inexact("of \(bytes.count) bytes that are no UTF-8", String.self) }
        return text
    }

    /// The bytes of a text, whatever they are.
    var bytes: [UInt8]? {
        switch (data, type) {
        case (.string(let strings), _): strings[row].array
        case (.fixedString(let strings), .fixedString): strings[row].array
        default: nil
        }
    }

    /// A number that fits 32 bits exactly.
    func float() throws -> Float {
        let value = try double()
        let narrow = Float(value)
        if case .decimal = try self.value(Float.self).type { return narrow }
        guard value.isNaN || Double(narrow) == value else { throw inexact(value, Float.self) }
        return narrow
    }

    /// Whether it is a day or a moment.
    var isTime: Bool {
        switch inner?.type {
        case .date, .date32, .dateTime, .dateTime64: true
        default: false
        }
    }

    /// The seconds since the beginning of 2001, which is what Foundation's `Date` decodes itself from.
    func referenceSeconds() throws -> Double {
        let cell = try value(Double.self)
        let sinceReference = -978_307_200.0
        switch cell.type {
        case .date, .date32: return Double(try cell.count(Int64.self)) * 86_400 + sinceReference
        case .dateTime: return Double(try cell.count(Int64.self)) + sinceReference
        case .dateTime64(let precision, _):
            var power: Int64 = 1
            for _ in 0..<precision { power *= 10 }
            let ticks = try cell.count(Int64.self)
            let (seconds, rest) = ticks.quotientAndRemainder(dividingBy: power)
            return Double(seconds) + sinceReference + Double(rest) / Double(power)
        default: throw cell.mismatch(Double.self)
        }
    }

    private func name(_ value: Int16, _ cases: [ColumnType.EnumCase]) throws -> String {
        guard let found = cases.first(where: { $0.value == value }) else {
            throw DecodingError.dataCorrupted(.init(codingPath: path, debugDescription: "\(value) is no case"))
        }
        return found.name
    }

    /// Values of types that decode themselves in another way than these columns have it; nil for any other type.
    func special<Value>(_ wanted: Value.Type) throws -> Value? {
        if wanted == ClickHouseUUID.self {
            let cell = try value(wanted)
            guard case .uuid(let ids) = cell.data else { throw cell.mismatch(wanted) }
            return ids[cell.row] as? Value
        }
        if wanted == Float.self { return try float() as? Value }
        return nil
    }
}
