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

    func integer<Number: FixedWidthInteger>(_ wanted: Number.Type) throws -> Number {
        let cell = try value(wanted)
        let exact: Number? =
            switch cell.data {
            case .int8(let values): Number(exactly: values[cell.row])
            case .int16(let values): Number(exactly: values[cell.row])
            case .int32(let values): Number(exactly: values[cell.row])
            case .int64(let values): Number(exactly: values[cell.row])
            case .int128(let values): Number(exactly: values[cell.row])
            case .uint8(let values): Number(exactly: values[cell.row])
            case .uint16(let values): Number(exactly: values[cell.row])
            case .uint32(let values): Number(exactly: values[cell.row])
            case .uint64(let values): Number(exactly: values[cell.row])
            case .uint128(let values): Number(exactly: values[cell.row])
            default: throw cell.mismatch(wanted)
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
        case .uint64(let values): return Double(values[cell.row])
        default:
            let whole = Double(try cell.integer(Int64.self))
            guard case .decimal(_, let scale) = cell.type else { return whole }
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
        case (.string(let strings), _): return strings.text(cell.row)
        case (.fixedString(let strings), .fixedString):
            // What is shorter than the type is filled up with zeros.
            return String(decoding: strings[cell.row].array.reversed().drop { $0 == 0 }.reversed(), as: UTF8.self)
        case (.uuid(let ids), _): return ids[cell.row].description
        case (.int8(let values), .enum8(let cases)): return try cell.name(Int16(values[cell.row]), cases)
        case (.int16(let values), .enum16(let cases)): return try cell.name(values[cell.row], cases)
        default: throw cell.mismatch(String.self)
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
        if wanted == Float.self { return Float(try double()) as? Value }
        return nil
    }
}
