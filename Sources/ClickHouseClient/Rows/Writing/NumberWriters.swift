import ClickHouseProtocol

/// Whole numbers of up to 128 bits.
final class IntegerWriter<Stored: FixedWidthInteger>: ColumnWriter {
    private var values: [Stored] = []
    private let wrap: ([Stored]) -> ColumnData

    init(_ type: ColumnType, at place: String, wrap: @escaping ([Stored]) -> ColumnData) {
        self.wrap = wrap
        super.init(type, at: place)
    }

    override var count: Int { values.count }
    override var byteCount: Int { values.count * MemoryLayout<Stored>.stride }
    override var wholeArray: (any Any.Type)? { [Stored].self }

    @inline(__always)
    private func append(exactly value: some BinaryInteger & CustomStringConvertible) throws {
        guard let stored = Stored(exactly: value) else { throw refused(value) }
        values.append(stored)
    }

    override func append(_ value: Int64) throws { try append(exactly: value) }
    override func append(_ value: UInt64) throws { try append(exactly: value) }
    override func append(_ value: Int128) throws { try append(exactly: value) }
    override func append(_ value: UInt128) throws { try append(exactly: value) }
    override func append(_ value: Double) throws {
        guard let stored = Stored(exactly: value) else { throw refused(value) }
        values.append(stored)
    }
    override func append(_ value: Bool) throws {
        guard Stored.self == UInt8.self else { throw refused(value) }
        values.append(value ? 1 : 0)
    }
    override func append(decimal text: String) throws {
        guard let whole = DecimalText.ticks(text, scale: 0), let stored = Stored(exactly: whole) else {
            throw refused(text)
        }
        values.append(stored)
    }
    override func append(elements whole: Any) {
        if let whole = whole as? [Stored] { values += whole }
    }
    override func appendDefault() { values.append(0) }
    override func take() -> ColumnData {
        defer { values = [] }
        return wrap(values)
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

/// Floating-point numbers of 32 or 64 bits.
final class FloatWriter<Stored: BinaryFloatingPoint & LosslessStringConvertible>: ColumnWriter {
    private var values: [Stored] = []
    private let wrap: ([Stored]) -> ColumnData

    init(_ type: ColumnType, at place: String, wrap: @escaping ([Stored]) -> ColumnData) {
        self.wrap = wrap
        super.init(type, at: place)
    }

    override var count: Int { values.count }
    override var byteCount: Int { values.count * MemoryLayout<Stored>.stride }
    override var wholeArray: (any Any.Type)? { [Stored].self }

    @inline(__always)
    private func append(whole value: some BinaryInteger & CustomStringConvertible) throws {
        guard let stored = Stored(exactly: value) else { throw refused(value) }
        values.append(stored)
    }

    override func append(_ value: Int64) throws { try append(whole: value) }
    override func append(_ value: UInt64) throws { try append(whole: value) }
    override func append(_ value: Int128) throws { try append(whole: value) }
    override func append(_ value: UInt128) throws { try append(whole: value) }
    override func append(_ value: Double) throws {
        let stored = Stored(value)
        guard Double(stored) == value || value.isNaN else { throw refused(value) }
        values.append(stored)
    }
    override func append(_ value: Float) { values.append(Stored(value)) }
    override func append(decimal text: String) throws {
        // The nearest number stands for a decimal where it is the one that its shortest text tells.
        guard let stored = Stored(text), let ticks = DecimalText.ticks(text, scale: 40),
            DecimalText.ticks(stored.description, scale: 40) == ticks
        else { throw refused(text) }
        values.append(stored)
    }
    override func append(elements whole: Any) {
        if let whole = whole as? [Stored] { values += whole }
    }
    override func appendDefault() { values.append(0) }
    override func take() -> ColumnData {
        defer { values = [] }
        return wrap(values)
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
