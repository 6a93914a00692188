import ClickHouseProtocol

/// Values that may be `NULL`.
final class NullableWriter: ColumnWriter {
    private var nulls: [UInt8] = []
    private let values: ColumnWriter

    init(_ type: ColumnType, at place: String, values: ColumnWriter) {
        self.values = values
        super.init(type, at: place)
    }

    override var count: Int { nulls.count }
    override var byteCount: Int { nulls.count + values.byteCount }
    override var wholeValue: (any Any.Type)? { values.wholeValue }

    @inline(__always)
    private func mark(_ append: Void) { nulls.append(0) }

    override func append(_ value: Int64) throws { mark(try values.append(value)) }
    override func append(_ value: UInt64) throws { mark(try values.append(value)) }
    override func append(_ value: Int128) throws { mark(try values.append(value)) }
    override func append(_ value: UInt128) throws { mark(try values.append(value)) }
    override func append(_ value: Double) throws { mark(try values.append(value)) }
    override func append(_ value: Float) throws { mark(try values.append(value)) }
    override func append(_ value: Bool) throws { mark(try values.append(value)) }
    override func append(_ value: String) throws { mark(try values.append(value)) }
    override func append(_ value: ClickHouseUUID) throws { mark(try values.append(value)) }
    override func append(moment seconds: Double) throws { mark(try values.append(moment: seconds)) }
    override func append(decimal text: String) throws { mark(try values.append(decimal: text)) }
    override func appendNull() {
        nulls.append(1)
        values.appendDefault()
    }
    override func appendDefault() { appendNull() }
    override func beginFields() { mark(values.beginFields()) }
    override func field(_ name: String) throws -> ColumnWriter { try values.field(name) }
    override func beginElements() { mark(values.beginElements()) }
    override func element() throws -> ColumnWriter { try values.element() }
    override func settle() throws { try values.settle() }
    override func take() throws -> ColumnData {
        let given = try values.take()
        defer { nulls = [] }
        guard given.count == nulls.count else { throw refused("a value that is none") }
        return .nullable(NullableColumn(nulls: nulls, values: given))
    }
}

/// Arrays: their elements one behind the other. An array is open until the next value comes.
final class ArrayWriter: ColumnWriter {
    private var ends: [UInt64] = []
    private var isOpen = false
    private let values: ColumnWriter

    init(_ type: ColumnType, at place: String, values: ColumnWriter) {
        self.values = values
        super.init(type, at: place)
    }

    override var count: Int { ends.count + (isOpen ? 1 : 0) }
    override var byteCount: Int { ends.count * 8 + values.byteCount }
    override var wholeValue: (any Any.Type)? { values.wholeArray }

    private func close() {
        if isOpen { ends.append(UInt64(values.count)) }
        isOpen = false
    }

    override func beginElements() {
        close()
        isOpen = true
    }
    override func element() throws -> ColumnWriter { values }
    override func settle() throws { close() }
    override func appendDefault() {
        close()
        ends.append(UInt64(values.count))
    }
    override func take() throws -> ColumnData {
        close()
        let given = try values.take()
        defer { ends = [] }
        guard UInt64(given.count) == ends.last ?? 0 else { throw refused("an element that is none") }
        return .array(ArrayColumn(ends: ends, values: given))
    }
}

/// Maps: of a dictionary whose keys are texts or numbers by name, of any other one by keys and values in turn.
final class MapWriter: ColumnWriter {
    private var ends: [UInt64] = []
    private var isOpen = false
    private let keys: ColumnWriter
    private let values: ColumnWriter

    init(_ type: ColumnType, at place: String, keys: ColumnWriter, values: ColumnWriter) {
        self.keys = keys
        self.values = values
        super.init(type, at: place)
    }

    override var count: Int { ends.count + (isOpen ? 1 : 0) }
    override var byteCount: Int { ends.count * 8 + keys.byteCount + values.byteCount }

    private func close() {
        if isOpen { ends.append(UInt64(values.count)) }
        isOpen = false
    }

    private func begin() {
        close()
        isOpen = true
    }

    override func beginFields() { begin() }
    override func beginElements() { begin() }
    override func field(_ name: String) throws -> ColumnWriter {
        guard keys.count == values.count else { throw refused("a key without a value") }
        switch keys {
        case is StringWriter, is FixedStringWriter, is UUIDWriter, is IPv4Writer, is EnumWriter:
            try keys.append(name)
        default:
            // A dictionary's numbers come as names.
            if let number = Int64(name) { try keys.append(number) } else { try keys.append(name) }
        }
        return values
    }
    override func element() throws -> ColumnWriter { keys.count == values.count ? keys : values }
    override func settle() throws {
        close()
        guard keys.count == values.count else { throw refused("a key without a value") }
    }
    override func appendDefault() {
        close()
        ends.append(UInt64(values.count))
    }
    override func take() throws -> ColumnData {
        try settle()
        let pairs = [try keys.take(), try values.take()]
        defer { ends = [] }
        guard pairs[0].count == pairs[1].count, UInt64(pairs[0].count) == ends.last ?? 0 else {
            throw refused("a key without a value")
        }
        return .array(ArrayColumn(ends: ends, values: .tuple(TupleColumn(pairs))))
    }
}

/// Tuples, by name or in order; rows too, whose elements are the table's columns. A part that a value does not give is
/// `NULL` where it may be, and else is missing.
final class FieldsWriter: ColumnWriter {
    private var rows = 0
    private var isOpen = false
    private var next = 0
    private let places: FieldPlaces
    private let writers: [ColumnWriter]
    private var failure: ClickHouseError?

    convenience init(
        _ type: ColumnType, at place: String, elements: [ColumnType.TupleElement]
    ) throws(ClickHouseError) {
        var writers: [ColumnWriter] = []
        for (index, element) in elements.enumerated() {
            writers.append(try element.type.writer(at: "\(place).`\(element.name ?? "\(index + 1)")`"))
        }
        let names = elements.enumerated().map { $1.name ?? "\($0 + 1)" }
        self.init(type, at: place, names: names, writers: writers)
    }

    /// A row's columns.
    convenience init(_ sample: Block) throws(ClickHouseError) {
        var writers: [ColumnWriter] = []
        for column in sample.columns { writers.append(try column.type.writer(at: "`\(column.name)`")) }
        let elements = sample.columns.map { ColumnType.TupleElement(name: $0.name, type: $0.type) }
        self.init(.tuple(elements), at: "list", names: sample.columns.map(\.name), writers: writers)
    }

    private init(_ type: ColumnType, at place: String, names: [String], writers: [ColumnWriter]) {
        places = FieldPlaces(names)
        self.writers = writers
        super.init(type, at: place)
    }

    /// What takes the values of the only column there is; nil where there are more.
    var only: ColumnWriter? { writers.count == 1 ? writers[0] : nil }

    override var count: Int { rows + (isOpen ? 1 : 0) }
    override var byteCount: Int { writers.reduce(0) { $0 + $1.byteCount } }

    private func begin() {
        do {
            try settle()
        } catch {
            failure = failure ?? (error as? ClickHouseError) ?? refused("\(error)")
        }
        isOpen = true
        next = 0
        places.rewind()
    }

    override func beginFields() { begin() }
    override func beginElements() { begin() }
    override func field(_ name: String) throws -> ColumnWriter {
        guard let place = places.place(of: name) else {
            throw ClickHouseError(.mismatch, "column \(place): a value has `\(name)`, which is none of \(parts)")
        }
        guard writers[place].count == rows else { throw writers[place].refused("a second value") }
        return writers[place]
    }
    override func element() throws -> ColumnWriter {
        guard next < writers.count else { throw refused("a tuple of more than \(writers.count) elements") }
        defer { next += 1 }
        return writers[next]
    }
    private var parts: String { places.names.map { "`\($0)`" }.joined(separator: ", ") }

    override func settle() throws {
        if let failure { throw failure }
        guard isOpen else { return }
        isOpen = false
        for writer in writers where writer.count != rows + 1 {
            guard writer.count == rows else { throw writer.refused("a second value") }
            guard writer is NullableWriter else {
                throw ClickHouseError(.mismatch, "column \(writer.place): a row has no value for it")
            }
            try writer.appendNull()
        }
        rows += 1
    }
    override func appendDefault() {
        for writer in writers { writer.appendDefault() }
        rows += 1
    }
    override func take() throws -> ColumnData {
        let columns = try takeColumns()
        return columns.isEmpty ? .nothing(count: count) : .tuple(TupleColumn(columns))
    }
    /// The elements, as many values each.
    func takeColumns() throws -> [ColumnData] {
        try settle()
        var columns: [ColumnData] = []
        for writer in writers {
            let values = try writer.take()
            guard values.count == rows else { throw writer.refused("a value that is none") }
            columns.append(values)
        }
        rows = columns.isEmpty ? rows : 0
        return columns
    }
}
