import ClickHouseProtocol

/// Values that may be `NULL`.
final class NullableReader: CellReader {
    private var nulls: [UInt8] = []
    private let values: CellReader

    init(_ type: ColumnType, at path: [CellKey], values: CellReader) {
        self.values = values
        super.init(type, at: path)
    }

    override func bind(_ data: ColumnData) -> Bool {
        guard case .nullable(let column) = data, values.bind(column.values) else { return false }
        nulls = column.nulls
        return true
    }

    override func isNull(_ row: Int) -> Bool { nulls[row] != 0 }

    /// What reads the value, which must be there.
    @inline(__always)
    private func given(_ row: Int, _ wanted: any Any.Type) throws -> CellReader {
        guard nulls[row] == 0 else { throw null(wanted) }
        return values
    }

    override func int64(_ row: Int, _ wanted: any Any.Type) throws -> Int64 {
        try given(row, wanted).int64(row, wanted)
    }
    override func uint64(_ row: Int, _ wanted: any Any.Type) throws -> UInt64 {
        try given(row, wanted).uint64(row, wanted)
    }
    override func int128(_ row: Int) throws -> Int128 { try given(row, Int128.self).int128(row) }
    override func uint128(_ row: Int) throws -> UInt128 { try given(row, UInt128.self).uint128(row) }
    override func double(_ row: Int) throws -> Double { try given(row, Double.self).double(row) }
    override func float(_ row: Int) throws -> Float { try given(row, Float.self).float(row) }
    override func bool(_ row: Int) throws -> Bool { try given(row, Bool.self).bool(row) }
    override func string(_ row: Int) throws -> String { try given(row, String.self).string(row) }
    override func uuid(_ row: Int) throws -> ClickHouseUUID { try given(row, ClickHouseUUID.self).uuid(row) }
    override func moment(_ row: Int, _ wanted: any Any.Type) throws -> Double {
        try given(row, wanted).moment(row, wanted)
    }
    override func decimal(_ row: Int, _ wanted: any Any.Type) throws -> DecimalTicks {
        try given(row, wanted).decimal(row, wanted)
    }
    override func fields(_ row: Int) throws -> Fields { try given(row, [String: Any].self).fields(row) }
    override func elements(_ row: Int) throws -> Elements { try given(row, [Any].self).elements(row) }
    override var wholeValue: (any Any.Type)? { values.wholeValue }
    override func inOnePiece(_ row: Int) throws -> Any? { try given(row, [Any].self).inOnePiece(row) }
    override func shown(_ row: Int) -> String { nulls[row] == 0 ? values.shown(row) : "NULL" }
}

/// Values through a dictionary.
final class LowCardinalityReader: CellReader {
    private var indexes: [UInt32] = []
    private var texts: [String?] = []
    private var isNullable = false
    private let values: CellReader

    init(_ type: ColumnType, at path: [CellKey], values: CellReader) {
        self.values = values
        super.init(type, at: path)
    }

    override func bind(_ data: ColumnData) -> Bool {
        guard case .lowCardinality(let column) = data, values.bind(column.dictionary) else { return false }
        indexes = column.indexes
        isNullable = column.isNullable
        texts = Array(repeating: nil, count: column.dictionary.count)
        return true
    }

    override func isNull(_ row: Int) -> Bool { isNullable && indexes[row] == 0 }

    /// Where in the dictionary the value is, which must be there.
    @inline(__always)
    private func place(_ row: Int, _ wanted: any Any.Type) throws -> Int {
        let place = Int(indexes[row])
        guard place != 0 || !isNullable else { throw null(wanted) }
        return place
    }

    override func int64(_ row: Int, _ wanted: any Any.Type) throws -> Int64 {
        try values.int64(place(row, wanted), wanted)
    }
    override func uint64(_ row: Int, _ wanted: any Any.Type) throws -> UInt64 {
        try values.uint64(place(row, wanted), wanted)
    }
    override func int128(_ row: Int) throws -> Int128 { try values.int128(place(row, Int128.self)) }
    override func uint128(_ row: Int) throws -> UInt128 { try values.uint128(place(row, UInt128.self)) }
    override func double(_ row: Int) throws -> Double { try values.double(place(row, Double.self)) }
    override func float(_ row: Int) throws -> Float { try values.float(place(row, Float.self)) }
    override func bool(_ row: Int) throws -> Bool { try values.bool(place(row, Bool.self)) }
    override func string(_ row: Int) throws -> String {
        let place = try place(row, String.self)
        if let text = texts[place] { return text }
        let text = try values.string(place)
        texts[place] = text
        return text
    }
    override func uuid(_ row: Int) throws -> ClickHouseUUID { try values.uuid(place(row, ClickHouseUUID.self)) }
    override func moment(_ row: Int, _ wanted: any Any.Type) throws -> Double {
        try values.moment(place(row, wanted), wanted)
    }
    override func decimal(_ row: Int, _ wanted: any Any.Type) throws -> DecimalTicks {
        try values.decimal(place(row, wanted), wanted)
    }
    override func elements(_ row: Int) throws -> Elements { try values.elements(place(row, [Any].self)) }
    override var wholeValue: (any Any.Type)? { values.wholeValue }
    override func inOnePiece(_ row: Int) throws -> Any? { try values.inOnePiece(place(row, [Any].self)) }
    override func shown(_ row: Int) -> String { isNull(row) ? "NULL" : values.shown(Int(indexes[row])) }
}

/// Arrays.
final class ArrayReader: CellReader {
    private var ends: [UInt64] = []
    private let values: CellReader

    init(_ type: ColumnType, at path: [CellKey], values: CellReader) {
        self.values = values
        super.init(type, at: path)
    }

    override func bind(_ data: ColumnData) -> Bool {
        guard case .array(let column) = data, values.bind(column.values) else { return false }
        ends = column.ends
        return true
    }

    private func range(_ row: Int) -> Range<Int> { Int(row == 0 ? 0 : ends[row - 1])..<Int(ends[row]) }

    override func elements(_ row: Int) -> Elements { Elements(run: values, range(row)) }
    override var wholeValue: (any Any.Type)? { values.wholeArray }
    override func inOnePiece(_ row: Int) -> Any? { values.whole(range(row)) }
    override func shown(_ row: Int) -> String {
        "[\(range(row).prefix(10).map { values.shown($0) }.joined(separator: ", "))]"
    }
}

/// Tuples: by name, and in order.
final class TupleReader: CellReader {
    private let parts: TupleFields

    init(_ type: ColumnType, at path: [CellKey], elements: [ColumnType.TupleElement]) {
        let names = elements.enumerated().map { $1.name ?? "\($0 + 1)" }
        parts = TupleFields(
            names: names, readers: zip(elements, names).map { $0.type.reader(at: path + [CellKey($1)]) })
        super.init(type, at: path)
    }

    override func bind(_ data: ColumnData) -> Bool {
        switch data {
        case .tuple(let column): parts.bind(column.elements)
        // A tuple of nothing but nothings, or of no elements.
        case .nothing: parts.bind(Array(repeating: data, count: parts.readers.count))
        default: false
        }
    }

    override func fields(_ row: Int) -> Fields {
        parts.rewind()
        return parts
    }
    override func elements(_ row: Int) -> Elements { Elements(tuple: parts.readers, row) }
    override func shown(_ row: Int) -> String { "(\(parts.readers.map { $0.shown(row) }.joined(separator: ", ")))" }
}

/// Maps: by their keys' text, and as keys and values in turn.
final class MapReader: CellReader {
    private var ends: [UInt64] = []
    private let keys: CellReader
    private let values: CellReader

    init(_ type: ColumnType, at path: [CellKey], keys: CellReader, values: CellReader) {
        self.keys = keys
        self.values = values
        super.init(type, at: path)
    }

    override func bind(_ data: ColumnData) -> Bool {
        guard case .array(let column) = data, case .tuple(let pairs) = column.values, pairs.elements.count == 2,
            keys.bind(pairs.elements[0]), values.bind(pairs.elements[1])
        else { return false }
        ends = column.ends
        return true
    }

    private func range(_ row: Int) -> Range<Int> { Int(row == 0 ? 0 : ends[row - 1])..<Int(ends[row]) }

    override func fields(_ row: Int) throws -> Fields {
        let range = range(row)
        var places: [String: Int] = [:]
        for place in range {
            let name: String
            switch keys {
            case is MomentReader, is BoolReader: name = keys.shown(place)
            default: name = (try? keys.string(place)) ?? keys.shown(place)
            }
            guard places.updateValue(place, forKey: name) == nil else { throw inexact(row, [String: Any].self) }
        }
        return MapFields(places: places, values: values)
    }
    override func elements(_ row: Int) -> Elements { Elements(keys: keys, values: values, range(row)) }
    override func shown(_ row: Int) -> String {
        let pairs = range(row).prefix(10).map { "\(keys.shown($0)): \(values.shown($0))" }
        return "{\(pairs.joined(separator: ", "))}"
    }
}

/// Stands for a value with parts that are known already.
final class FieldsReader: CellReader {
    private let parts: TupleFields

    init(_ parts: TupleFields, at path: [CellKey]) {
        self.parts = parts
        super.init(.nothing, at: path)
    }

    override func fields(_ row: Int) -> Fields { parts }
}
