import ClickHouseProtocol

/// Values of several types: each is read as what its own type is read as.
final class VariantReader: CellReader {
    private var kinds: [UInt8] = []
    private var places: [UInt32] = []
    private var readers: [CellReader]
    private var types: [ColumnType]

    init(_ type: ColumnType, at path: [CellKey], _ types: [ColumnType]) {
        self.types = types
        readers = types.map { $0.reader(at: path) }
        super.init(type, at: path)
    }

    override func bind(_ data: ColumnData) -> Bool {
        switch data {
        case .variant(let column): return bind(column)
        case .dynamic(let column):
            // Each block names its types anew.
            if column.types != types {
                types = column.types
                readers = types.map { $0.reader(at: path) }
            }
            return bind(column.values)
        default: return false
        }
    }

    private func bind(_ column: VariantColumn) -> Bool {
        (kinds, places) = (column.kinds, column.places)
        return column.variants.count == readers.count && zip(readers, column.variants).allSatisfy { $0.bind($1) }
    }

    override func isNull(_ row: Int) -> Bool { kinds[row] == VariantColumn.null }

    private func given(_ row: Int, _ wanted: any Any.Type) throws -> Cell {
        let kind = kinds[row]
        guard kind != VariantColumn.null else { throw null(wanted) }
        return Cell(reader: readers[Int(kind)], row: Int(places[row]))
    }

    override func int64(_ row: Int, _ wanted: any Any.Type) throws -> Int64 {
        let cell = try given(row, wanted)
        return try cell.reader.int64(cell.row, wanted)
    }
    override func uint64(_ row: Int, _ wanted: any Any.Type) throws -> UInt64 {
        let cell = try given(row, wanted)
        return try cell.reader.uint64(cell.row, wanted)
    }
    override func int128(_ row: Int) throws -> Int128 {
        let cell = try given(row, Int128.self)
        return try cell.reader.int128(cell.row)
    }
    override func uint128(_ row: Int) throws -> UInt128 {
        let cell = try given(row, UInt128.self)
        return try cell.reader.uint128(cell.row)
    }
    override func double(_ row: Int) throws -> Double {
        let cell = try given(row, Double.self)
        return try cell.reader.double(cell.row)
    }
    override func float(_ row: Int) throws -> Float {
        let cell = try given(row, Float.self)
        return try cell.reader.float(cell.row)
    }
    override func bool(_ row: Int) throws -> Bool {
        let cell = try given(row, Bool.self)
        return try cell.reader.bool(cell.row)
    }
    override func string(_ row: Int) throws -> String {
        let cell = try given(row, String.self)
        return try cell.reader.string(cell.row)
    }
    override func uuid(_ row: Int) throws -> ClickHouseUUID {
        let cell = try given(row, ClickHouseUUID.self)
        return try cell.reader.uuid(cell.row)
    }
    override func moment(_ row: Int, _ wanted: any Any.Type) throws -> Double {
        let cell = try given(row, wanted)
        return try cell.reader.moment(cell.row, wanted)
    }
    override func decimal(_ row: Int, _ wanted: any Any.Type) throws -> DecimalTicks {
        let cell = try given(row, wanted)
        return try cell.reader.decimal(cell.row, wanted)
    }
    override func fields(_ row: Int) throws -> Fields {
        let cell = try given(row, [String: Any].self)
        return MovedFields(try cell.reader.fields(cell.row), row: cell.row)
    }
    override func elements(_ row: Int) throws -> Elements {
        let cell = try given(row, [Any].self)
        return try cell.reader.elements(cell.row)
    }
    override func shown(_ row: Int) -> String {
        kinds[row] == VariantColumn.null ? "NULL" : readers[Int(kinds[row])].shown(Int(places[row]))
    }
}

/// Parts of a value that stands in another row than what it is a value of.
private final class MovedFields: Fields {
    private let fields: Fields
    private let row: Int

    init(_ fields: Fields, row: Int) {
        self.fields = fields
        self.row = row
    }

    override var names: [String] { fields.names }
    override func cell(_ name: String, _ row: Int) -> Cell? { fields.cell(name, self.row) }
}
