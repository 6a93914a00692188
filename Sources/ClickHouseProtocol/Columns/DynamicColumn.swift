internal import Bytes

/// Values of any types, which each block names anew.
public struct DynamicColumn: Sendable, Hashable {
    /// The types, in the order of the variants.
    public let types: [ColumnType]

    /// The values. Those of the type `sharedType` are of types that the server keeps no columns for.
    public let values: VariantColumn

    /// The type of values that the server keeps together, since a column holds so many types and no more: bytes, of each
    /// value its type and then itself, both in ClickHouse's binary forms.
    public static let sharedType = ColumnType.alias(name: "SharedVariant", of: .string)

    /// Puts the parts together.
    ///
    /// - Precondition: there are as many types as variants.
    public init(types: [ColumnType], values: VariantColumn) {
        precondition(types.count == values.variants.count, "\(types.count) types for \(values.variants.count) variants")
        self.types = types
        self.values = values
    }

    /// How many rows there are.
    public var count: Int { values.count }
}

/// Reads the types, and then as of a Variant of them.
/// (ClickHouse: src/DataTypes/Serializations/SerializationDynamic.cpp.)
final class DynamicDecoder: ColumnDecoder {
    private enum Layout: UInt64 {
        /// A limit, the types, and a Variant of them and the shared one.
        case first = 1
        /// As `first` without the limit.
        case second = 2
        /// The types, an index into them a row, and each type's values.
        case flat = 3
    }

    private var layout: Layout?
    private var types: [ColumnType] = []
    private var variant: VariantDecoder?
    private var rows = 0
    private var indexes: IndexRun?

    override func readPrefix(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        try context.enter()
        defer { context.leave() }
        if variant == nil {
            let start = reader.position
            guard try readTypes(&reader) else {
                reader.move(to: start)
                return false
            }
        }
        return try variant?.readPrefix(&reader) ?? true
    }

    private func readTypes(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        guard let version = reader.partialInteger(UInt64.self) else { return false }
        guard let layout = Layout(rawValue: version) else {
            throw ClickHouseProtocolError(.unsupportedType, "Dynamic is written in version \(version), not 1 to 3")
        }
        if layout == .first { guard try reader.partialVarint("a limit of types") != nil else { return false } }
        guard let count = try reader.partialCount("the types of Dynamic", limit: 254) else { return false }
        var types: [ColumnType] = []
        for _ in 0..<count {
            guard let name = try reader.partialText("a type of Dynamic", limit: context.limits.textBytes) else {
                return false
            }
            types.append(try ColumnType(parsing: name))
        }
        if layout != .flat { types = Self.withShared(types) }
        var decoders: [ColumnDecoder] = []
        for type in types { decoders.append(try type.decoder(context)) }
        let variant = VariantDecoder(context, variants: decoders)
        if layout == .flat { variant.skipMode() }
        (self.layout, self.types, self.variant) = (layout, types, variant)
        return true
    }

    /// The types of the Variant behind: they are in the order of their names.
    static func withShared(_ types: [ColumnType]) -> [ColumnType] {
        (types + [DynamicColumn.sharedType]).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    override func begin(_ count: Int) throws(ClickHouseProtocolError) {
        rows = count
        guard layout == .flat else {
            try variant?.begin(count)
            return
        }
        indexes = try IndexRun(width: types.count <= 255 ? 0 : 1, count: count, context)
    }

    override func readValues(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        if let run = indexes {
            var run = run
            let isRead = try run.read(&reader)
            indexes = run
            guard isRead else { return false }
            let kinds = try run.indexes(below: types.count + 1)
            try variant?.begin(
                kinds: kinds.map { Int($0) == types.count ? VariantColumn.null : UInt8(truncatingIfNeeded: $0) })
            indexes = nil
        }
        return try variant?.readValues(&reader) ?? true
    }

    override func finish() throws(ClickHouseProtocolError) -> ColumnData {
        let values = try variant?.finishVariant() ?? VariantColumn(kinds: [], variants: [])
        return .dynamic(DynamicColumn(types: types, values: values))
    }
}

extension DynamicColumn {
    /// The same values as the Variant that is on the wire: with a place for shared values, and the types by name.
    private var onWire: DynamicColumn {
        var order = types.indices.map { (type: types[$0], values: values.variants[$0], old: $0) }
        if !types.contains(Self.sharedType) { order.append((Self.sharedType, .string([]), 255)) }
        order.sort { $0.type.name.utf8.lexicographicallyPrecedes($1.type.name.utf8) }
        var kinds = [UInt8](repeating: VariantColumn.null, count: 256)
        for (new, entry) in order.enumerated() where entry.old < 255 { kinds[entry.old] = UInt8(new) }
        return DynamicColumn(
            types: order.map(\.type),
            values: VariantColumn(kinds: values.kinds.map { kinds[Int($0)] }, variants: order.map(\.values)))
    }

    func encodePrefix(into writer: inout ByteWriter, revision: Revision) {
        let column = onWire
        let isSecond = revision.has(.dynamicWithoutLimit)
        writer.writeLittleEndian(UInt64(isSecond ? 2 : 1))
        let names = column.types.filter { $0 != Self.sharedType }.map(\.name)
        if !isSecond { writer.writeVarint(UInt64(max(names.count, 32))) }
        writer.writeVarint(UInt64(names.count))
        for name in names { writer.writeText(name) }
        column.values.encodePrefix(as: column.types, into: &writer, revision: revision)
    }

    func encode(into writer: inout ByteWriter, revision: Revision) throws(ClickHouseProtocolError) {
        let column = onWire
        try column.values.encode(as: column.types, into: &writer, revision: revision)
    }
}

/// Values of any types.
enum DynamicFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(["Dynamic"], column: "dynamic", rows: "as the type that the value has; optionals (read only)")
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        guard parser.take("(") else { return .dynamic(maxTypes: nil) }
        guard parser.word() == "max_types", parser.take("=") else { throw parser.unsupported() }
        let maxTypes = try parser.number(0...254)
        try parser.expect(")")
        return .dynamic(maxTypes: maxTypes)
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        if case .dynamic = type { DynamicDecoder(context) } else { nil }
    }

    static func encodePrefix(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) -> Bool {
        guard case .dynamic(let column) = data, case .dynamic = type else { return false }
        column.encodePrefix(into: &writer, revision: revision)
        return true
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        guard case .dynamic(let column) = data, case .dynamic = type else { return false }
        try column.encode(into: &writer, revision: revision)
        return true
    }
}
