internal import Bytes

/// Values that repeat: each one once in a dictionary, and an index into it for each row.
public struct LowCardinalityColumn: Sendable, Hashable {
    /// The values. The first is the type's default; of a nullable column the first stands for `NULL` and the second is
    /// the default.
    public let dictionary: ColumnData

    /// Where each row's value is in the dictionary.
    public let indexes: [UInt32]

    /// Whether index 0 means `NULL`.
    public let isNullable: Bool

    /// Puts the parts together.
    ///
    /// - Precondition: all indexes lie inside the dictionary.
    public init(dictionary: ColumnData, indexes: [UInt32], isNullable: Bool = false) {
        let size = UInt32(clamping: dictionary.count)
        precondition(indexes.allSatisfy { $0 < size }, "an index lies outside of the dictionary")
        self.init(unchecked: dictionary, indexes: indexes, isNullable: isNullable)
    }

    init(unchecked dictionary: ColumnData, indexes: [UInt32], isNullable: Bool) {
        self.dictionary = dictionary
        self.indexes = indexes
        self.isNullable = isNullable
    }

    /// How many rows there are.
    public var count: Int { indexes.count }

    /// Whether the row is `NULL`.
    @inlinable
    public func isNull(_ index: Int) -> Bool { isNullable && indexes[index] == 0 }

    /// The dictionary, where it holds strings.
    public var strings: StringColumn? {
        guard case .string(let strings) = dictionary else { return nil }
        return strings
    }
}

/// Reads a version, then the dictionary and the indexes. In this protocol each block has a dictionary of its own.
/// (ClickHouse: src/DataTypes/Serializations/SerializationLowCardinality.cpp.)
final class LowCardinalityDecoder: ColumnDecoder {
    private enum State {
        case flags, dictionarySize, dictionary, count, indexes, done
    }

    static let version: Int64 = 1
    static let hasAdditionalKeys: UInt64 = 0x200
    static let needsGlobalDictionary: UInt64 = 0x100
    static let needsUpdate: UInt64 = 0x400

    private let dictionary: ColumnDecoder
    private let isNullable: Bool
    private var state = State.flags
    private var rows = 0
    private var dictionarySize = 0
    private var width: UInt8 = 0
    private var hasVersion = false
    private var run: IndexRun?
    private var indexes: [UInt32] = []

    init(_ context: DecodingContext, type: ColumnType) throws(ClickHouseProtocolError) {
        var inner = type
        if case .nullable(let type) = type { inner = type }
        isNullable = inner != type
        guard inner.mayBeInDictionary else {
            throw ClickHouseProtocolError(.unsupportedType, "a dictionary of \(inner) values")
        }
        if case .string = inner {
            dictionary = StringDecoder(context, hasEnds: false)
        } else {
            dictionary = try inner.decoder(context)
        }
        super.init(context)
    }

    override func readPrefix(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        guard !hasVersion else { return true }
        guard let version = reader.partialInteger(Int64.self) else { return false }
        guard version == Self.version else {
            throw ClickHouseProtocolError(.unsupportedType, "LowCardinality is written in version \(version), not 1")
        }
        hasVersion = true
        return true
    }

    override func begin(_ count: Int) throws(ClickHouseProtocolError) {
        rows = count
        state = count == 0 ? .done : .flags  // Of no rows there is nothing at all on the wire.
        if count == 0 { try dictionary.begin(0) } else { try context.claim(count, of: 4) }
    }

    override func readValues(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        while true {
            switch state {
            case .flags:
                guard let flags = reader.partialInteger(UInt64.self) else { return false }
                width = UInt8(truncatingIfNeeded: flags)
                guard width <= 3, flags & Self.needsGlobalDictionary == 0, flags & Self.hasAdditionalKeys != 0 else {
                    throw ClickHouseProtocolError(
                        .malformed, "LowCardinality has the flags 0x\(String(flags, radix: 16))")
                }
                state = .dictionarySize
            case .dictionarySize:
                guard let size = reader.partialInteger(UInt64.self) else { return false }
                dictionarySize = try context.checked(size, "a dictionary's size")
                try dictionary.begin(dictionarySize)
                state = .dictionary
            case .dictionary:
                guard try dictionary.readValues(&reader) else { return false }
                state = .count
            case .count:
                guard let count = reader.partialInteger(UInt64.self) else { return false }
                guard count == UInt64(rows) else {
                    throw ClickHouseProtocolError(.malformed, "LowCardinality has \(count) indexes for \(rows) rows")
                }
                run = try IndexRun(width: width, count: rows, context)
                state = .indexes
            case .indexes:
                guard try run?.read(&reader) ?? true else { return false }
                indexes = try run?.indexes(below: dictionarySize) ?? []
                run = nil
                state = .done
            case .done:
                return true
            }
        }
    }

    override func finish() throws(ClickHouseProtocolError) -> ColumnData {
        let values = try dictionary.finish()
        guard values.count == dictionarySize else {
            throw ClickHouseProtocolError(
                .malformed, "a dictionary of \(values.count) values, not \(dictionarySize)")
        }
        let column = LowCardinalityColumn(unchecked: values, indexes: indexes, isNullable: isNullable)
        indexes = []
        return .lowCardinality(column)
    }
}

extension LowCardinalityColumn {
    private static let dictionaryRevision = Revision(rawValue: Revision.Feature.stringEnds.since - 1)

    func encodePrefix(into writer: inout ByteWriter) { writer.writeLittleEndian(LowCardinalityDecoder.version) }

    /// - Parameter type: the dictionary's type, without Nullable.
    func encode(
        as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) {
        guard count > 0 else { return }
        let size = dictionary.count
        let width: UInt64 = size <= 0x100 ? 0 : size <= 0x1_0000 ? 1 : 2
        writer.writeLittleEndian(
            width | LowCardinalityDecoder.hasAdditionalKeys | LowCardinalityDecoder.needsUpdate)
        writer.writeLittleEndian(UInt64(size))
        // Strings in a dictionary have their lengths before them in every revision.
        try dictionary.encodeValues(as: type, into: &writer, revision: min(revision, Self.dictionaryRevision))
        writer.writeLittleEndian(UInt64(count))
        switch width {
        case 0: writer.write(array: indexes.map { UInt8(truncatingIfNeeded: $0) })
        case 1: writer.write(array: indexes.map { UInt16(truncatingIfNeeded: $0) })
        default: writer.write(array: indexes)
        }
    }
}

extension ColumnType {
    /// Whether the type's values stand for themselves: those that are put together of others, or that tell their structure
    /// before them, have no place in a dictionary.
    fileprivate var mayBeInDictionary: Bool {
        switch withoutAliases {
        case .nullable, .array, .lowCardinality, .tuple, .map, .nested, .variant, .dynamic, .json, .qbit,
            .aggregateFunction:
            false
        default: true
        }
    }
}

/// Values that repeat.
enum LowCardinalityFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(["LowCardinality"], column: "lowCardinality", rows: "as the type inside of it")
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        try parser.expect("(")
        let inner = try parser.type(depth: depth + 1)
        try parser.expect(")")
        return .lowCardinality(inner)
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        guard case .lowCardinality(let inner) = type else { return nil }
        return try LowCardinalityDecoder(context, type: inner)
    }

    static func encodePrefix(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) -> Bool {
        guard case .lowCardinality(let column) = data, case .lowCardinality = type else { return false }
        column.encodePrefix(into: &writer)
        return true
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        guard case .lowCardinality(let column) = data, case .lowCardinality(let inner) = type else { return false }
        // A dictionary with a place for NULL, or without one, would be read as something else where the type says otherwise.
        if case .nullable(let value) = inner {
            guard column.isNullable else { return false }
            try column.encode(as: value, into: &writer, revision: revision)
        } else {
            guard !column.isNullable else { return false }
            try column.encode(as: inner, into: &writer, revision: revision)
        }
        return true
    }
}
