import ClickHouseProtocol

/// JSON objects: as structures and dictionaries of their paths, or as texts, where the server was asked for these.
final class JSONReader: CellReader {
    private var texts: StringReader?
    private var names: [String] = []
    private var readers: [CellReader] = []
    private var sharedEnds: [UInt64] = []

    override func bind(_ data: ColumnData) -> Bool {
        switch data {
        case .string:
            let reader = StringReader(type, at: path)
            texts = reader
            return reader.bind(data)
        case .json(let column):
            texts = nil
            names = column.paths.map(\.name)
            readers = column.paths.map { $0.type.reader(at: path + [CellKey($0.name)]) }
            sharedEnds = column.shared.ends
            return zip(readers, column.paths).allSatisfy { $0.bind($1.data) }
        default: return false
        }
    }

    override func string(_ row: Int) throws -> String {
        guard let texts else {
            throw ClickHouseError(
                .mismatch,
                "column `\(path.first?.stringValue ?? "")`: \(type) is no text here: ask with the setting "
                    + "output_format_native_write_json_as_string = 1")
        }
        return try texts.string(row)
    }

    override func fields(_ row: Int) throws -> Fields {
        guard texts == nil else { throw mismatch([String: Any].self) }
        // What is kept together with other paths is not looked into: it must not seem to be missing.
        guard sharedEnds[row] == (row == 0 ? 0 : sharedEnds[row - 1]) else { throw inexact(row, [String: Any].self) }
        return JSONFields(zip(names, readers).map { ($0[...], $1) }, at: path, row: row)
    }

    override func shown(_ row: Int) -> String { texts?.shown(row) ?? "with more paths than have columns" }
}

/// The parts of an object, and of the objects in it: those whose paths begin with their name.
private final class JSONFields: Fields {
    private let paths: [(name: Substring, reader: CellReader)]
    private let path: [CellKey]
    private let row: Int

    init(_ paths: [(name: Substring, reader: CellReader)], at path: [CellKey], row: Int) {
        self.paths = paths
        self.path = path
        self.row = row
    }

    override var names: [String] {
        var seen: Set<Substring> = []
        return paths.filter { !$0.reader.isNull(row) }.compactMap { path in
            let name = path.name.prefix { $0 != "." }
            return seen.insert(name).inserted ? String(name) : nil
        }
    }

    override func cell(_ name: String, _ row: Int) -> Cell? {
        if let (_, reader) = paths.first(where: { $0.name == name }), !reader.isNull(self.row) {
            return Cell(reader: reader, row: self.row)
        }
        let inner = paths.filter { $0.name.hasPrefix(name + ".") && !$0.reader.isNull(self.row) }
        guard !inner.isEmpty else { return nil }
        let fields = JSONFields(
            inner.map { ($0.name.dropFirst(name.count + 1), $0.reader) }, at: path + [CellKey(name)], row: self.row)
        return Cell(reader: PartsReader(fields, at: path + [CellKey(name)]), row: self.row)
    }
}

/// Stands for a value whose parts are known already.
private final class PartsReader: CellReader {
    private let parts: Fields

    init(_ parts: Fields, at path: [CellKey]) {
        self.parts = parts
        super.init(.json(name: "JSON", paths: []), at: path)
    }

    override func fields(_ row: Int) -> Fields { parts }
}
