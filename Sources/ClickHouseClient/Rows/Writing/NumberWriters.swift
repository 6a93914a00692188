import ClickHouseProtocol

/// Whole numbers of up to 128 bits.
///
/// It is not generic: what a generic class does when it is called as its base class is not specialized, and slow.
final class IntegerWriter: ColumnWriter {
    enum Kind { case int8, int16, int32, int64, uint8, uint16, uint32, uint64, int128, uint128 }

    private let kind: Kind
    private var rows = 0
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

    init(_ type: ColumnType, at place: String, _ kind: Kind) {
        self.kind = kind
        super.init(type, at: place)
    }

    override var count: Int { rows }
    override var byteCount: Int {
        switch kind {
        case .int8, .uint8: rows
        case .int16, .uint16: rows * 2
        case .int32, .uint32: rows * 4
        case .int64, .uint64: rows * 8
        case .int128, .uint128: rows * 16
        }
    }

    /// Appends the number where it fits.
    @inline(__always)
    private func put<Stored: FixedWidthInteger>(
        _ value: some BinaryInteger & CustomStringConvertible, _ values: inout [Stored]
    ) throws {
        guard let stored = Stored(exactly: value) else { throw refused(value) }
        values.append(stored)
        rows += 1
    }

    @inline(__always)
    private func append(exactly value: some BinaryInteger & CustomStringConvertible) throws {
        switch kind {
        case .int8: try put(value, &int8)
        case .int16: try put(value, &int16)
        case .int32: try put(value, &int32)
        case .int64: try put(value, &int64)
        case .uint8: try put(value, &uint8)
        case .uint16: try put(value, &uint16)
        case .uint32: try put(value, &uint32)
        case .uint64: try put(value, &uint64)
        case .int128: try put(value, &int128)
        case .uint128: try put(value, &uint128)
        }
    }

    override func append(_ value: Int64) throws { try append(exactly: value) }
    override func append(_ value: UInt64) throws { try append(exactly: value) }
    override func append(_ value: Int128) throws { try append(exactly: value) }
    override func append(_ value: UInt128) throws { try append(exactly: value) }
    override func append(_ value: Double) throws {
        if let whole = Int128(exactly: value) {
            try append(whole)
        } else {
            guard let whole = UInt128(exactly: value) else { throw refused(value) }
            try append(whole)
        }
    }
    override func append(_ value: Bool) throws {
        guard kind == .uint8 else { throw refused(value) }
        try append(value ? 1 as Int64 : 0)
    }
    override func append(decimal text: String) throws {
        guard let whole = DecimalText.ticks(text, scale: 0) else { throw refused(text) }
        if let value = Int128(exactly: whole) {
            try append(value)
        } else {
            guard whole.high == 0 else { throw refused(text) }
            try append(whole.low)
        }
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
    override func append(elements whole: Any) {
        switch kind {
        case .int8: add(whole, &int8)
        case .int16: add(whole, &int16)
        case .int32: add(whole, &int32)
        case .int64: add(whole, &int64)
        case .uint8: add(whole, &uint8)
        case .uint16: add(whole, &uint16)
        case .uint32: add(whole, &uint32)
        case .uint64: add(whole, &uint64)
        case .int128: add(whole, &int128)
        case .uint128: add(whole, &uint128)
        }
    }
    @inline(__always)
    private func add<Stored>(_ whole: Any, _ values: inout [Stored]) {
        guard let whole = whole as? [Stored] else { return }
        values += whole
        rows += whole.count
    }
    override func appendDefault() {
        // Zero fits each of them.
        try? append(0 as Int64)
    }
    override func take() -> ColumnData {
        defer { rows = 0 }
        switch kind {
        case .int8: return .int8(taken(&int8))
        case .int16: return .int16(taken(&int16))
        case .int32: return .int32(taken(&int32))
        case .int64: return .int64(taken(&int64))
        case .uint8: return .uint8(taken(&uint8))
        case .uint16: return .uint16(taken(&uint16))
        case .uint32: return .uint32(taken(&uint32))
        case .uint64: return .uint64(taken(&uint64))
        case .int128: return .int128(taken(&int128))
        case .uint128: return .uint128(taken(&uint128))
        }
    }
    private func taken<Stored>(_ values: inout [Stored]) -> [Stored] {
        defer { values = [] }
        return values
    }
}

/// Whole numbers of 256 bits; texts of digits are taken too, since no type of Swift holds them all.
final class WideIntegerWriter<Stored>: ColumnWriter {
    private var values: [Stored] = []
    private let exactly: (Int256) -> Stored?
    private let wrap: ([Stored]) -> ColumnData

    init(
        _ type: ColumnType, at place: String, exactly: @escaping (Int256) -> Stored?,
        wrap: @escaping ([Stored]) -> ColumnData
    ) {
        self.exactly = exactly
        self.wrap = wrap
        super.init(type, at: place)
    }

    override var count: Int { values.count }
    override var byteCount: Int { values.count * 32 }

    private func append(_ value: Int256?, _ shown: some CustomStringConvertible) throws {
        guard let value, let stored = exactly(value) else { throw refused(shown) }
        values.append(stored)
    }

    override func append(_ value: Int64) throws { try append(Int256(Int128(value)), value) }
    override func append(_ value: UInt64) throws { try append(Int256(Int128(value)), value) }
    override func append(_ value: Int128) throws { try append(Int256(value), value) }
    override func append(_ value: UInt128) throws { try append(Int256(high: 0, low: value), value) }
    override func append(_ value: String) throws {
        if let stored = UInt256(value) as? Stored {
            values.append(stored)
        } else {
            try append(Int256(value), value)
        }
    }
    override func append(decimal text: String) throws { try append(DecimalText.ticks(text, scale: 0), text) }
    override func appendDefault() {
        if let zero = exactly(Int256(0)) { values.append(zero) }
    }
    override func take() -> ColumnData {
        defer { values = [] }
        return wrap(values)
    }
}

/// True and false.
final class BoolWriter: ColumnWriter {
    private var values: [UInt8] = []

    override var count: Int { values.count }
    override var byteCount: Int { values.count }
    override func append(_ value: Bool) { values.append(value ? 1 : 0) }
    override func appendDefault() { values.append(0) }
    override func take() -> ColumnData {
        defer { values = [] }
        return .uint8(values)
    }
}

/// Floating-point numbers of 32 bits.
final class Float32Writer: ColumnWriter {
    private var values: [Float] = []

    override var count: Int { values.count }
    override var byteCount: Int { values.count * 4 }
    override var wholeArray: (any Any.Type)? { [Float].self }

    @inline(__always)
    private func append(whole value: some BinaryInteger & CustomStringConvertible) throws {
        guard let stored = Float(exactly: value) else { throw refused(value) }
        values.append(stored)
    }

    override func append(_ value: Int64) throws { try append(whole: value) }
    override func append(_ value: UInt64) throws { try append(whole: value) }
    override func append(_ value: Int128) throws { try append(whole: value) }
    override func append(_ value: UInt128) throws { try append(whole: value) }
    override func append(_ value: Double) throws {
        let stored = Float(value)
        guard Double(stored) == value || value.isNaN else { throw refused(value) }
        values.append(stored)
    }
    override func append(_ value: Float) { values.append(value) }
    override func append(decimal text: String) throws {
        // The nearest number stands for a decimal where it is the one that its shortest text tells.
        guard let stored = Float(text), let ticks = DecimalText.ticks(text, scale: 40),
            DecimalText.ticks(stored.description, scale: 40) == ticks
        else { throw refused(text) }
        values.append(stored)
    }
    override func append(elements whole: Any) {
        if let whole = whole as? [Float] { values += whole }
    }
    override func appendDefault() { values.append(0) }
    override func take() -> ColumnData {
        defer { values = [] }
        return .float32(values)
    }
}

/// Floating-point numbers of 64 bits.
final class Float64Writer: ColumnWriter {
    private var values: [Double] = []

    override var count: Int { values.count }
    override var byteCount: Int { values.count * 8 }
    override var wholeArray: (any Any.Type)? { [Double].self }

    @inline(__always)
    private func append(whole value: some BinaryInteger & CustomStringConvertible) throws {
        guard let stored = Double(exactly: value) else { throw refused(value) }
        values.append(stored)
    }

    override func append(_ value: Int64) throws { try append(whole: value) }
    override func append(_ value: UInt64) throws { try append(whole: value) }
    override func append(_ value: Int128) throws { try append(whole: value) }
    override func append(_ value: UInt128) throws { try append(whole: value) }
    override func append(_ value: Double) { values.append(value) }
    override func append(_ value: Float) { values.append(Double(value)) }
    override func append(decimal text: String) throws {
        // The nearest number stands for a decimal where it is the one that its shortest text tells.
        guard let stored = Double(text), let ticks = DecimalText.ticks(text, scale: 40),
            DecimalText.ticks(stored.description, scale: 40) == ticks
        else { throw refused(text) }
        values.append(stored)
    }
    override func append(elements whole: Any) {
        if let whole = whole as? [Double] { values += whole }
    }
    override func appendDefault() { values.append(0) }
    override func take() -> ColumnData {
        defer { values = [] }
        return .float64(values)
    }
}

/// The upper halves of 32-bit floating-point numbers.
final class BFloat16Writer: ColumnWriter {
    private var values: [UInt16] = []

    override var count: Int { values.count }
    override var byteCount: Int { values.count * 2 }
    override func append(_ value: Double) throws {
        let narrow = Float(value)
        guard Double(narrow) == value || value.isNaN else { throw refused(value) }
        try append(narrow)
    }
    override func append(_ value: Float) throws {
        guard value.bitPattern & 0xffff == 0 || value.isNaN else { throw refused(value) }
        // A NaN stays one, whatever it has in its lower half.
        values.append(UInt16(value.bitPattern >> 16) | (value.isNaN ? 0x40 : 0))
    }
    override func append(_ value: Int64) throws {
        guard let exact = Float(exactly: value) else { throw refused(value) }
        try append(exact)
    }
    override func appendDefault() { values.append(0) }
    override func take() -> ColumnData {
        defer { values = [] }
        return .uint16(values)
    }
}

/// Rows without a value.
final class NothingWriter: ColumnWriter {
    private var rows = 0

    override var count: Int { rows }
    override func appendDefault() { rows += 1 }
    override func take() -> ColumnData {
        defer { rows = 0 }
        return .nothing(count: rows)
    }
}
