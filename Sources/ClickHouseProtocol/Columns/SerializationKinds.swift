internal import Bytes

/// In which way a column of a block is written, where it is not its type's own.
/// (ClickHouse: `KindStack` in src/DataTypes/Serializations/SerializationInfo.cpp.)
struct SerializationKinds {
    private enum Kind: UInt8 { case plain, sparse, detached, replicated }

    /// From the inside to the outside.
    private var stack: [Kind] = []

    /// Those of a tuple's elements.
    private var elements: [SerializationKinds] = []

    static let plain = SerializationKinds()

    /// Reads what follows the byte that announces it; nil where more bytes are needed.
    static func read(
        _ reader: inout ByteReader, for type: ColumnType
    ) throws(ClickHouseProtocolError) -> SerializationKinds? {
        let start = reader.position
        guard let kinds = try readHere(&reader, for: type) else {
            reader.move(to: start)
            return nil
        }
        return kinds
    }

    private static func readHere(
        _ reader: inout ByteReader, for type: ColumnType
    ) throws(ClickHouseProtocolError) -> SerializationKinds? {
        var kinds = SerializationKinds()
        guard let code = reader.partialByte() else { return nil }
        switch code {
        case 0: break
        case 1: kinds.stack = [.sparse]
        case 2: kinds.stack = [.detached]
        case 3: kinds.stack = [.sparse, .detached]
        case 4: kinds.stack = [.replicated]
        case 5:
            guard let count = try reader.partialCount("the kinds of a column", limit: 8) else { return nil }
            for _ in 0..<count {
                guard let byte = reader.partialByte() else { return nil }
                guard let kind = Kind(rawValue: byte) else { throw unknown(byte) }
                if kind != .plain { kinds.stack.append(kind) }
            }
        default: throw unknown(code)
        }
        if case .tuple(let elements) = type.withoutAliases {
            for element in elements {
                guard let inner = try readHere(&reader, for: element.type) else { return nil }
                kinds.elements.append(inner)
            }
        }
        return kinds
    }

    private static func unknown(_ byte: UInt8) -> ClickHouseProtocolError {
        ClickHouseProtocolError(.unsupportedType, "the column is written in way \(byte), which is not known")
    }

    /// The decoder of a column of the type that is written so.
    func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder {
        var decoder: ColumnDecoder
        if case .tuple(let types) = type.withoutAliases, !elements.isEmpty {
            var decoders: [ColumnDecoder] = []
            for (element, kinds) in zip(types, elements) {
                decoders.append(try kinds.decoder(of: element.type, context))
            }
            decoder = TupleDecoder(context, elements: decoders)
        } else {
            decoder = try type.decoder(context)
        }
        for kind in stack {
            switch kind {
            case .plain: break
            case .sparse: decoder = SparseDecoder(context, values: decoder)
            case .replicated: decoder = ReplicatedDecoder(context, values: decoder)
            case .detached:
                throw ClickHouseProtocolError(
                    .unsupportedType,
                    "the column is compressed on its own: set enable_parallel_blocks_marshalling to 0")
            }
        }
        return decoder
    }
}

extension ColumnType {
    var withoutAliases: ColumnType {
        if case .alias(_, let type) = self { return type.withoutAliases }
        return self
    }
}
