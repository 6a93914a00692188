import ClickHouseProtocol

/// Whole numbers of up to 128 bits.
///
/// It is not generic: what a generic class does when it is called as its base class is not specialized, and slow.
final class IntegerReader: CellReader {
    private enum Kind { case int8, int16, int32, int64, uint8, uint16, uint32, uint64, int128, uint128 }

    private var kind = Kind.int8
    // One of them is in use; the others are empty and cost nothing.
    private var int8: [Int8] = []
    private var int16: [Int16] = []
    private var int32: [Int32] = []
    private var int64: [Int64] = []
    private var uint8: [UInt8] = []
    private var uint16: [UInt16] = []
    private var uint32: [UInt32] = []
    private var uint64: [UInt64] = []
    private var int128: [Int128] = []
    private var uint128: [UInt128] = []

    override func bind(_ data: ColumnData) -> Bool {
        switch data {
        case .int8(let values): (kind, int8) = (.int8, values)
        case .int16(let values): (kind, int16) = (.int16, values)
        case .int32(let values): (kind, int32) = (.int32, values)
        case .int64(let values): (kind, int64) = (.int64, values)
        case .uint8(let values): (kind, uint8) = (.uint8, values)
        case .uint16(let values): (kind, uint16) = (.uint16, values)
        case .uint32(let values): (kind, uint32) = (.uint32, values)
        case .uint64(let values): (kind, uint64) = (.uint64, values)
        case .int128(let values): (kind, int128) = (.int128, values)
        case .uint128(let values): (kind, uint128) = (.uint128, values)
        default: return false
        }
        return true
    }

    @inline(__always)
    private func exact<Number: FixedWidthInteger>(_ row: Int, _ wanted: any Any.Type) throws -> Number {
        let number: Number? =
            switch kind {
            case .int8: Number(exactly: int8[row])
            case .int16: Number(exactly: int16[row])
            case .int32: Number(exactly: int32[row])
            case .int64: Number(exactly: int64[row])
            case .uint8: Number(exactly: uint8[row])
            case .uint16: Number(exactly: uint16[row])
            case .uint32: Number(exactly: uint32[row])
            case .uint64: Number(exactly: uint64[row])
            case .int128: Number(exactly: int128[row])
            case .uint128: Number(exactly: uint128[row])
            }
        guard let number else { throw inexact(row, wanted) }
        return number
    }

    override func int64(_ row: Int, _ wanted: any Any.Type) throws -> Int64 { try exact(row, wanted) }
    override func uint64(_ row: Int, _ wanted: any Any.Type) throws -> UInt64 { try exact(row, wanted) }
    override func int128(_ row: Int) throws -> Int128 { try exact(row, Int128.self) }
    override func uint128(_ row: Int) throws -> UInt128 { try exact(row, UInt128.self) }
    override func double(_ row: Int) throws -> Double {
        let number = kind == .uint128 ? Double(exactly: uint128[row]) : Double(exactly: try int128(row))
        guard let number else { throw inexact(row, Double.self) }
        return number
    }
    override func bool(_ row: Int) throws -> Bool {
        guard kind == .uint8 else { throw mismatch(Bool.self) }
        guard uint8[row] < 2 else { throw inexact(row, Bool.self) }
        return uint8[row] == 1
    }
    override func decimal(_ row: Int, _ wanted: any Any.Type) throws -> DecimalTicks {
        let ticks = kind == .uint128 ? Int256(high: 0, low: uint128[row]) : Int256(try int128(row))
        return DecimalTicks(ticks: ticks, scale: 0)
    }
    override var wholeArray: (any Any.Type)? {
        switch kind {
        case .int8: [Int8].self
        case .int16: [Int16].self
        case .int32: [Int32].self
        case .int64: [Int64].self
        case .uint8: [UInt8].self
        case .uint16: [UInt16].self
        case .uint32: [UInt32].self
        case .uint64: [UInt64].self
        case .int128: [Int128].self
        case .uint128: [UInt128].self
        }
    }
    override func whole(_ rows: Range<Int>) -> Any? {
        switch kind {
        case .int8: Array(int8[rows])
        case .int16: Array(int16[rows])
        case .int32: Array(int32[rows])
        case .int64: Array(int64[rows])
        case .uint8: Array(uint8[rows])
        case .uint16: Array(uint16[rows])
        case .uint32: Array(uint32[rows])
        case .uint64: Array(uint64[rows])
        case .int128: Array(int128[rows])
        case .uint128: Array(uint128[rows])
        }
    }
    override func shown(_ row: Int) -> String {
        switch kind {
        case .int8: "\(int8[row])"
        case .int16: "\(int16[row])"
        case .int32: "\(int32[row])"
        case .int64: "\(int64[row])"
        case .uint8: "\(uint8[row])"
        case .uint16: "\(uint16[row])"
        case .uint32: "\(uint32[row])"
        case .uint64: "\(uint64[row])"
        case .int128: "\(int128[row])"
        case .uint128: "\(uint128[row])"
        }
    }
}

/// True and false.
final class BoolReader: CellReader {
    private var values: [UInt8] = []

    override func bind(_ data: ColumnData) -> Bool {
        guard case .uint8(let values) = data else { return false }
        self.values = values
        return true
    }

    override func bool(_ row: Int) -> Bool { values[row] != 0 }
    override func int64(_ row: Int, _ wanted: any Any.Type) -> Int64 { values[row] == 0 ? 0 : 1 }
    override func shown(_ row: Int) -> String { values[row] == 0 ? "false" : "true" }
}

/// Whole numbers of 256 bits; as text too, since no type of Swift holds them all.
final class WideIntegerReader: CellReader {
    private var signed: [Int256] = []
    private var unsigned: [UInt256] = []

    override func bind(_ data: ColumnData) -> Bool {
        switch data {
        case .int256(let values): signed = values
        case .uint256(let values): unsigned = values
        default: return false
        }
        return true
    }

    private func value(_ row: Int, _ wanted: any Any.Type) throws -> Int256 {
        if unsigned.isEmpty { return signed[row] }
        guard let value = Int256(isNegative: false, magnitude: unsigned[row]) else { throw inexact(row, wanted) }
        return value
    }

    private func exact<Number: FixedWidthInteger>(_ row: Int, _ wanted: any Any.Type) throws -> Number {
        let value = try value(row, wanted)
        if value.high == 0, let number = Number(exactly: value.low) { return number }
        guard let number = Number(exactly: value) else { throw inexact(row, wanted) }
        return number
    }

    override func int64(_ row: Int, _ wanted: any Any.Type) throws -> Int64 { try exact(row, wanted) }
    override func uint64(_ row: Int, _ wanted: any Any.Type) throws -> UInt64 { try exact(row, wanted) }
    override func int128(_ row: Int) throws -> Int128 { try exact(row, Int128.self) }
    override func uint128(_ row: Int) throws -> UInt128 { try exact(row, UInt128.self) }
    override func double(_ row: Int) throws -> Double {
        guard let number = Double(exactly: try int128(row)) else { throw inexact(row, Double.self) }
        return number
    }
    override func string(_ row: Int) -> String { shown(row) }
    override func decimal(_ row: Int, _ wanted: any Any.Type) throws -> DecimalTicks {
        DecimalTicks(ticks: try value(row, wanted), scale: 0)
    }
    override func shown(_ row: Int) -> String { unsigned.isEmpty ? "\(signed[row])" : "\(unsigned[row])" }
}

/// Floating-point numbers of 32 bits.
final class Float32Reader: CellReader {
    private var values: [Float] = []

    override func bind(_ data: ColumnData) -> Bool {
        guard case .float32(let values) = data else { return false }
        self.values = values
        return true
    }

    override func double(_ row: Int) -> Double { Double(values[row]) }
    override func float(_ row: Int) -> Float { values[row] }
    override func int64(_ row: Int, _ wanted: any Any.Type) throws -> Int64 {
        guard let whole = Int64(exactly: values[row]) else { throw inexact(row, wanted) }
        return whole
    }
    override func decimal(_ row: Int, _ wanted: any Any.Type) throws -> DecimalTicks {
        guard let decimal = DecimalTicks(values[row]) else { throw inexact(row, wanted) }
        return decimal
    }
    override var wholeArray: (any Any.Type)? { [Float].self }
    override func whole(_ rows: Range<Int>) -> Any? { Array(values[rows]) }
    override func shown(_ row: Int) -> String { "\(values[row])" }
}

/// Floating-point numbers of 64 bits.
final class Float64Reader: CellReader {
    private var values: [Double] = []

    override func bind(_ data: ColumnData) -> Bool {
        guard case .float64(let values) = data else { return false }
        self.values = values
        return true
    }

    override func double(_ row: Int) -> Double { values[row] }
    override func int64(_ row: Int, _ wanted: any Any.Type) throws -> Int64 {
        guard let whole = Int64(exactly: values[row]) else { throw inexact(row, wanted) }
        return whole
    }
    override func decimal(_ row: Int, _ wanted: any Any.Type) throws -> DecimalTicks {
        guard let decimal = DecimalTicks(values[row]) else { throw inexact(row, wanted) }
        return decimal
    }
    override var wholeArray: (any Any.Type)? { [Double].self }
    override func whole(_ rows: Range<Int>) -> Any? { Array(values[rows]) }
    override func shown(_ row: Int) -> String { "\(values[row])" }
}

extension DecimalTicks {
    /// What the number's shortest text tells; nil where it is none that 256 bits hold.
    fileprivate init?(_ number: some BinaryFloatingPoint & CustomStringConvertible) {
        for scale in [0, 17, 40] {
            if let ticks = DecimalText.ticks(number.description, scale: scale) {
                self.init(ticks: ticks, scale: scale)
                return
            }
        }
        return nil
    }
}

/// The upper halves of 32-bit floating-point numbers.
final class BFloat16Reader: CellReader {
    private var values: [UInt16] = []

    override func bind(_ data: ColumnData) -> Bool {
        guard case .uint16(let values) = data else { return false }
        self.values = values
        return true
    }

    override func double(_ row: Int) -> Double { Double(float(row)) }
    override func float(_ row: Int) -> Float { Float(bitPattern: UInt32(values[row]) << 16) }
    override func int64(_ row: Int, _ wanted: any Any.Type) throws -> Int64 {
        guard let whole = Int64(exactly: float(row)) else { throw inexact(row, wanted) }
        return whole
    }
    override func shown(_ row: Int) -> String { "\(float(row))" }
}

/// Rows without a value.
final class NothingReader: CellReader {
    override func bind(_ data: ColumnData) -> Bool { true }
    override func isNull(_ row: Int) -> Bool { true }
    override func shown(_ row: Int) -> String { "nothing" }
}
