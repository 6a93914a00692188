import ClickHouseProtocol

/// The parts of a value by name.
class Fields {
    var names: [String] { [] }
    func cell(_ name: String, _ row: Int) -> Cell? { nil }
}

/// A tuple's parts, or a row's: in each row the same.
final class TupleFields: Fields {
    let readers: [CellReader]
    private let places: FieldPlaces

    init(names: [String], readers: [CellReader]) {
        self.readers = readers
        places = FieldPlaces(names)
    }

    override var names: [String] { places.names }

    override func cell(_ name: String, _ row: Int) -> Cell? {
        guard let place = places.place(of: name) else { return nil }
        return Cell(reader: readers[place], row: row)
    }

    /// A row begins: its first part will be asked for.
    func rewind() { places.rewind() }

    func bind(_ columns: [ColumnData]) -> Bool {
        columns.count == readers.count && zip(readers, columns).allSatisfy { $0.bind($1) }
    }
}

/// A map's values by their keys.
final class MapFields: Fields {
    private let places: [String: Int]
    private let values: CellReader

    init(places: [String: Int], values: CellReader) {
        self.places = places
        self.values = values
    }

    override var names: [String] { Array(places.keys) }
    override func cell(_ name: String, _ row: Int) -> Cell? { places[name].map { Cell(reader: values, row: $0) } }
}

/// The parts of a value in order.
struct Elements {
    private enum Source {
        case run(CellReader, start: Int)
        case tuple([CellReader], row: Int)
        case pairs(keys: CellReader, values: CellReader, start: Int)
    }

    private let source: Source
    let count: Int

    /// An array's.
    init(run values: CellReader, _ range: Range<Int>) {
        source = .run(values, start: range.lowerBound)
        count = range.count
    }

    /// A text's bytes.
    init(bytes: [UInt8], at path: [CellKey]) {
        let reader = IntegerReader(.uint8, at: path)
        _ = reader.bind(.uint8(bytes))
        self.init(run: reader, 0..<bytes.count)
    }

    /// A tuple's, or a row's.
    init(tuple readers: [CellReader], _ row: Int) {
        source = .tuple(readers, row: row)
        count = readers.count
    }

    /// A map's keys and values in turn.
    init(keys: CellReader, values: CellReader, _ range: Range<Int>) {
        source = .pairs(keys: keys, values: values, start: range.lowerBound)
        count = range.count * 2
    }

    subscript(index: Int) -> Cell {
        switch source {
        case .run(let reader, let start): Cell(reader: reader, row: start + index)
        case .tuple(let readers, let row): Cell(reader: readers[index], row: row)
        case .pairs(let keys, let values, let start):
            Cell(reader: index % 2 == 0 ? keys : values, row: start + index / 2)
        }
    }
}
