internal import Bytes

/// JSON objects, taken apart: a column for each path that occurs. (A column of JSON may also be texts, `.string`.)
public struct JSONColumn: Sendable, Hashable {
    /// The values at one path, such as `user.name`.
    public struct Path: Sendable, Hashable {
        /// The path.
        public let name: String
        /// The type that the column's type gives it; `Dynamic` where it gives none.
        public let type: ColumnType
        /// The values; `NULL` where an object has none.
        public let data: ColumnData

        /// Makes a path.
        public init(name: String, type: ColumnType, data: ColumnData) {
            self.name = name
            self.type = type
            self.data = data
        }
    }

    /// The paths that the column's type names, in the order of their names, and then those that it does not.
    public let paths: [Path]

    /// What the server keeps no columns for: for each object an array of pairs of a path and a value, the latter as in
    /// `DynamicColumn.sharedType`.
    public let shared: ArrayColumn

    /// How many rows there are.
    public var count: Int { shared.count }

    /// Puts the parts together.
    ///
    /// - Precondition: all of them have as many rows.
    public init(paths: [Path], shared: ArrayColumn) {
        precondition(paths.allSatisfy { $0.data.count == shared.count }, "the paths differ in their rows")
        self.paths = paths
        self.shared = shared
    }
}

/// Reads the paths, then each one's values; or texts, where the server was asked for them.
/// (ClickHouse: src/DataTypes/Serializations/SerializationObject.cpp.)
final class JSONDecoder: ColumnDecoder {
    private let typed: [ColumnType.TupleElement]
    private var version: UInt64?
    private var names: [String] = []
    private var types: [ColumnType] = []
    private var parts: [ColumnDecoder] = []
    private var prefixes = 0
    private var read = 0

    /// - Parameter typed: the paths that the type names.
    init(_ context: DecodingContext, typed: [ColumnType.TupleElement]) {
        self.typed = typed.sorted { ($0.name ?? "").utf8.lexicographicallyPrecedes(($1.name ?? "").utf8) }
        super.init(context)
    }

    override func readPrefix(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        try context.enter()
        defer { context.leave() }
        if version == nil {
            let start = reader.position
            guard try readStructure(&reader) else {
                reader.move(to: start)
                return false
            }
        }
        while prefixes < parts.count {
            guard try parts[prefixes].readPrefix(&reader) else { return false }
            prefixes += 1
        }
        return true
    }

    private func readStructure(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        guard let version = reader.partialInteger(UInt64.self) else { return false }
        guard version <= 3 else {
            throw ClickHouseProtocolError(.unsupportedType, "JSON is written in version \(version), not 0 to 3")
        }
        guard version != 1 else {
            parts = [StringDecoder(context, hasEnds: false)]
            self.version = version
            return true
        }
        if version == 0 { guard try reader.partialVarint("a limit of paths") != nil else { return false } }
        guard let count = try reader.partialCount("the paths of JSON", limit: context.limits.columns) else {
            return false
        }
        var names: [String] = []
        for _ in 0..<count {
            guard let name = try reader.partialText("a path of JSON", limit: context.limits.textBytes) else {
                return false
            }
            names.append(name)
        }
        self.names = typed.map { $0.name ?? "" } + names
        types = typed.map(\.type) + names.map { _ in .dynamic(maxTypes: nil) }
        for type in types { parts.append(try type.decoder(context)) }
        if version != 3 {
            // These strings have their lengths before them in every revision.
            let pair = [StringDecoder(context, hasEnds: false), StringDecoder(context, hasEnds: false)]
            parts.append(ArrayDecoder(context, values: TupleDecoder(context, elements: pair)))
        }
        self.version = version
        return true
    }

    private var rows = 0

    override func begin(_ count: Int) throws(ClickHouseProtocolError) {
        rows = count
        for part in parts { try part.begin(count) }
    }

    override func readValues(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        while read < parts.count {
            guard try parts[read].readValues(&reader) else { return false }
            read += 1
        }
        return true
    }

    override func finish() throws(ClickHouseProtocolError) -> ColumnData {
        var columns: [ColumnData] = []
        for part in parts { columns.append(try part.finish()) }
        if version == 1 { return columns[0] }
        var shared = ArrayColumn(
            ends: Array(repeating: 0, count: rows), values: .tuple(TupleColumn([.string([]), .string([])])))
        if columns.count > names.count, case .array(let given) = columns[names.count] { shared = given }
        return .json(
            JSONColumn(
                paths: names.indices.map { JSONColumn.Path(name: names[$0], type: types[$0], data: columns[$0]) },
                shared: shared))
    }
}

extension JSONColumn {
    func encodePrefix(into writer: inout ByteWriter, revision: Revision) {
        let isSecond = revision.has(.dynamicWithoutLimit)
        let free = paths.filter { if case .dynamic = $0.data { true } else { false } }
        writer.writeLittleEndian(UInt64(isSecond ? 2 : 0))
        if !isSecond { writer.writeVarint(UInt64(max(free.count, 1024))) }
        writer.writeVarint(UInt64(free.count))
        for path in free { writer.writeText(path.name) }
        for path in paths { path.data.encodePrefix(as: path.type, into: &writer, revision: revision) }
    }

    func encode(into writer: inout ByteWriter, revision: Revision) throws(ClickHouseProtocolError) {
        for path in paths { try path.data.encodeValues(as: path.type, into: &writer, revision: revision) }
        writer.write(array: shared.ends)
        guard case .tuple(let pairs) = shared.values else { return }
        for case .string(let strings) in pairs.elements {
            strings.encode(into: &writer, revision: revision, hasEnds: false)
        }
    }

    func gathering(_ rows: [UInt32]) -> JSONColumn {
        JSONColumn(
            paths: paths.map { Path(name: $0.name, type: $0.type, data: $0.data.gathering(rows)) },
            shared: shared.gathering(rows))
    }
}

/// JSON objects, taken apart or as texts.
enum JSONFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(
            ["JSON"], column: "json, or string as text",
            rows:
                "structures and dictionaries (read only); `String`, written, and read with `output_format_native_write_json_as_string`"
        )
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        guard parser.take("(") else { return .json(name: "JSON", paths: []) }
        let paths = try parser.jsonArguments(depth: depth + 1)
        try parser.expect(")")
        return .json(name: parser.text(from: start), paths: paths)
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        guard case .json(_, let paths) = type else { return nil }
        return JSONDecoder(context, typed: paths)
    }

    static func encodePrefix(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) -> Bool {
        switch (data, type) {
        case (.json(let column), .json): column.encodePrefix(into: &writer, revision: revision)
        case (.string, .json): writer.writeLittleEndian(UInt64(1))
        default: return false
        }
        return true
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        switch (data, type) {
        case (.json(let column), .json): try column.encode(into: &writer, revision: revision)
        case (.string(let texts), .json): texts.encode(into: &writer, revision: revision, hasEnds: false)
        default: return false
        }
        return true
    }
}
