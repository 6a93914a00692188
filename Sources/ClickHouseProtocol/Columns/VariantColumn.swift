internal import Bytes

/// Values each of which is of one of several types, or `NULL`: which one, and each type's values one behind the other.
public struct VariantColumn: Sendable, Hashable {
    /// Stands in `kinds` for `NULL`.
    public static let null: UInt8 = 255

    /// Which of `variants` each row's value is in; `null` for none.
    public let kinds: [UInt8]

    /// The values of each type, in the order of the rows.
    public let variants: [ColumnData]

    /// Where each row's value is in its variant.
    public let places: [UInt32]

    /// Puts the parts together.
    ///
    /// - Precondition: each variant has as many values as there are rows of its kind, and there are 255 variants at most.
    public init(kinds: [UInt8], variants: [ColumnData]) {
        var counts = [UInt32](repeating: 0, count: 256)
        var places: [UInt32] = []
        places.reserveCapacity(kinds.count)
        for kind in kinds {
            places.append(counts[Int(kind)])
            counts[Int(kind)] += 1
        }
        precondition(variants.count <= 255, "a variant has 255 types at most")
        for (index, variant) in variants.enumerated() {
            precondition(
                variant.count == Int(counts[index]), "a variant has \(variant.count) values for \(counts[index])")
        }
        precondition(
            kinds.allSatisfy { $0 == Self.null || Int($0) < variants.count }, "a kind that is none of the variants")
        self.kinds = kinds
        self.variants = variants
        self.places = places
    }

    /// How many rows there are.
    public var count: Int { kinds.count }

    /// Whether the row is `NULL`.
    public func isNull(_ index: Int) -> Bool { kinds[index] == Self.null }
}

/// Reads which type each row's value has, then each type's values.
/// (ClickHouse: src/DataTypes/Serializations/SerializationVariant.cpp.)
final class VariantDecoder: ColumnDecoder {
    private let variants: [ColumnDecoder]
    private var kinds = NumberRun<UInt8>()
    private var hasMode = false
    private var prefixes = 0
    private var hasKinds = false
    private var read = 0

    /// - Parameter variants: at most 255, which the callers have checked.
    init(_ context: DecodingContext, variants: [ColumnDecoder]) {
        self.variants = variants
        super.init(context)
    }

    override func readPrefix(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        if !hasMode {
            guard let mode = reader.partialInteger(UInt64.self) else { return false }
            guard mode == 0 else {
                throw ClickHouseProtocolError(.unsupportedType, "Variant is written in mode \(mode), not 0")
            }
            hasMode = true
        }
        while prefixes < variants.count {
            guard try variants[prefixes].readPrefix(&reader) else { return false }
            prefixes += 1
        }
        return true
    }

    override func begin(_ count: Int) throws(ClickHouseProtocolError) {
        try context.claim(count, of: 4)
        try kinds.begin(count, context)
    }

    override func readValues(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        if !hasKinds {
            guard try kinds.read(&reader) else { return false }
            try beginVariants()
            hasKinds = true
        }
        while read < variants.count {
            guard try variants[read].readValues(&reader) else { return false }
            read += 1
        }
        return true
    }

    private func beginVariants() throws(ClickHouseProtocolError) {
        var counts = [Int](repeating: 0, count: 256)
        for kind in kinds.values { counts[Int(kind)] += 1 }
        for kind in variants.count..<Int(VariantColumn.null) where counts[kind] > 0 {
            throw ClickHouseProtocolError(.malformed, "kind \(kind) of \(variants.count) variants")
        }
        for (index, variant) in variants.enumerated() { try variant.begin(counts[index]) }
    }

    /// Reads as though all kinds had come, where they come in another way.
    func begin(kinds given: [UInt8]) throws(ClickHouseProtocolError) {
        kinds.replace(given)
        try beginVariants()
        hasKinds = true
    }

    /// What stands before the values of each type, without the mode before it.
    func skipMode() { hasMode = true }

    func finishVariant() throws(ClickHouseProtocolError) -> VariantColumn {
        // Of no rows nothing was read.
        if !hasKinds { try beginVariants() }
        var columns: [ColumnData] = []
        for variant in variants { columns.append(try variant.finish()) }
        return VariantColumn(kinds: kinds.take(), variants: columns)
    }

    override func finish() throws(ClickHouseProtocolError) -> ColumnData { .variant(try finishVariant()) }
}

extension VariantColumn {
    func encodePrefix(as types: [ColumnType], into writer: inout ByteWriter, revision: Revision) {
        writer.writeLittleEndian(UInt64(0))
        for (variant, type) in zip(variants, types) {
            variant.encodePrefix(as: type, into: &writer, revision: revision)
        }
    }

    func encode(
        as types: [ColumnType], into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) {
        writer.write(array: kinds)
        for (variant, type) in zip(variants, types) {
            try variant.encodeValues(as: type, into: &writer, revision: revision)
        }
    }

    func gathering(_ rows: [UInt32]) -> VariantColumn {
        var gathered: [UInt8] = []
        var indexes = [[UInt32]](repeating: [], count: variants.count)
        for row in rows {
            let kind = row == ColumnData.defaultRow ? Self.null : kinds[Int(row)]
            gathered.append(kind)
            if kind != Self.null { indexes[Int(kind)].append(places[Int(row)]) }
        }
        return VariantColumn(kinds: gathered, variants: zip(variants, indexes).map { $0.gathering($1) })
    }
}

/// Values each of which is of one of several types.
enum VariantFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(["Variant"], column: "variant", rows: "as the type that the value has; optionals (read only)")
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        try parser.expect("(")
        let types = try parser.types(depth: depth + 1)
        try parser.expect(")")
        return .variant(types)
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        guard case .variant(let types) = type else { return nil }
        return VariantDecoder(context, variants: try types.decoders(context))
    }

    static func encodePrefix(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) -> Bool {
        guard case .variant(let column) = data, case .variant(let types) = type else { return false }
        column.encodePrefix(as: types, into: &writer, revision: revision)
        return true
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        guard case .variant(let column) = data, case .variant(let types) = type, column.variants.count == types.count
        else { return false }
        try column.encode(as: types, into: &writer, revision: revision)
        return true
    }
}
