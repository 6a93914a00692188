import Bytes
import ClickHouseProtocol

enum Samples {
    /// A block with a column of every type that is written, three rows each.
    static func allTypes() throws -> Block {
        var columns: [Column] = []
        func add(_ type: String, _ data: ColumnData) throws {
            columns.append(Column(name: "c\(columns.count)", type: try ColumnType(parsing: type), data: data))
        }
        try add("Int8", .int8([-1, 0, 127]))
        try add("Int16", .int16([-1, 0, 32767]))
        try add("Int32", .int32([-1, 0, .max]))
        try add("Int64", .int64([.min, 0, .max]))
        try add("Int128", .int128([.min, 0, .max]))
        try add("Int256", .int256([Int256(-5), Int256(0), Int256(high: .max, low: 7)]))
        try add("UInt8", .uint8([0, 1, 255]))
        try add("UInt16", .uint16([0, 1, 65535]))
        try add("UInt32", .uint32([0, 1, .max]))
        try add("UInt64", .uint64([0, 1, .max]))
        try add("UInt128", .uint128([0, 1, .max]))
        try add("UInt256", .uint256([UInt256(low: 1), UInt256(high: 2, low: 3), UInt256(high: .max, low: .max)]))
        try add("BFloat16", .uint16([0x3fc0, 0, 0xbf80]))
        try add("Float32", .float32([1.5, -0.0, .infinity]))
        try add("Float64", .float64([1.5, -0.0, -.infinity]))
        try add("Bool", .uint8([1, 0, 1]))
        try add("String", .string(["", "héllo", String(repeating: "x", count: 300)]))
        try add("FixedString(3)", .fixedString(FixedStringColumn(bytes: ByteSlice(utf8: "abcde\0xyz"), width: 3)))
        try add("Date", .uint16([0, 1, 65535]))
        try add("Date32", .int32([-25567, 0, 1]))
        try add("DateTime", .uint32([0, 1, 2]))
        try add("DateTime('Europe/Berlin')", .uint32([0, 1, 2]))
        try add("DateTime64(3, 'UTC')", .int64([-1, 0, 1_705_321_845_123]))
        try add(
            "UUID", .uuid([ClickHouseUUID(high: 1, low: 2), ClickHouseUUID(high: 3, low: 4), .init(high: 5, low: 6)]))
        try add("IPv4", .uint32([0, 1, 0xC0A8_010A]))
        try add("IPv6", .fixedString(FixedStringColumn(bytes: ByteSlice((0..<48).map { UInt8($0) }), width: 16)))
        try add("Enum8('a' = -1, 'b\\'c' = 2)", .int8([-1, 2, -1]))
        try add("Enum16('a' = 1, 'b' = 30000)", .int16([1, 30000, 1]))
        try add("Decimal(9, 4)", .int32([1, -2, 3]))
        try add("Decimal(18, 1)", .int64([1, -2, 3]))
        try add("Decimal(38, 4)", .int128([1, -2, 3]))
        try add("Decimal(76, 4)", .int256([Int256(1), Int256(-2), Int256(3)]))
        try add("Nullable(String)", .nullable(NullableColumn(nulls: [0, 1, 0], values: .string(["a", "", "b"]))))
        try add("Nullable(Nothing)", .nullable(NullableColumn(nulls: [1, 1, 1], values: .nothing(count: 3))))
        try add("Array(Float32)", .array(ArrayColumn(ends: [2, 2, 3], values: .float32([1, 2, 3]))))
        try add(
            "Array(Array(String))",
            .array(
                ArrayColumn(
                    ends: [1, 1, 3],
                    values: .array(ArrayColumn(ends: [0, 2, 3], values: .string(["a", "b", ""]))))))
        try add(
            "LowCardinality(String)",
            .lowCardinality(LowCardinalityColumn(dictionary: .string(["", "a", "b"]), indexes: [1, 2, 1])))
        try add(
            "LowCardinality(Nullable(String))",
            .lowCardinality(
                LowCardinalityColumn(dictionary: .string(["", "", "b"]), indexes: [0, 2, 1], isNullable: true)))
        try add(
            "Array(LowCardinality(String))",
            .array(
                ArrayColumn(
                    ends: [0, 2, 2],
                    values: .lowCardinality(
                        LowCardinalityColumn(dictionary: .string(["", "a"]), indexes: [1, 0])))))
        try add(
            "Map(String, UInt8)",
            .array(
                ArrayColumn(
                    ends: [0, 1, 2],
                    values: .tuple(TupleColumn([.string(["k", "l"]), .uint8([1, 2])])))))
        try add("Tuple(a UInt8, `b c` String)", .tuple(TupleColumn([.uint8([1, 2, 3]), .string(["x", "", "z"])])))
        try add("Point", .tuple(TupleColumn([.float64([1, 2, 3]), .float64([4, 5, 6])])))
        try add("SimpleAggregateFunction(sum, UInt64)", .uint64([1, 2, 3]))
        try add("IntervalDay", .int64([1, 2, 3]))
        try add("Time64(3)", .int64([1, 2, 3]))
        try add(
            "Variant(Array(UInt8), String)",
            .variant(
                VariantColumn(
                    kinds: [1, 255, 0],
                    variants: [.array(ArrayColumn(ends: [2], values: .uint8([1, 2]))), .string(["x"])])))
        let dynamic = DynamicColumn(
            types: [.alias(name: "SharedVariant", of: .string), .string, .uint64],
            values: VariantColumn(kinds: [2, 255, 1], variants: [.string([]), .string(["x"]), .uint64([7])]))
        try add("Dynamic", .dynamic(dynamic))
        try add("Dynamic(max_types=2)", .dynamic(dynamic))
        try add(
            "JSON(b UInt8)",
            .json(
                JSONColumn(
                    paths: [
                        JSONColumn.Path(name: "b", type: .uint8, data: .uint8([1, 2, 3])),
                        JSONColumn.Path(name: "a.c", type: .dynamic(maxTypes: nil), data: .dynamic(dynamic)),
                    ],
                    shared: ArrayColumn(
                        ends: [0, 1, 1], values: .tuple(TupleColumn([.string(["d"]), .string(["\n\u{1}"])]))))))
        try add("JSON", .string([#"{"a":1}"#, "{}", "{}"]))
        try add(
            "QBit(Float32, 9)",
            .array(ArrayColumn(ends: [9, 18, 27], values: .float32((0..<27).map { Float($0) / 3 - 4 }))))
        try add("AggregateFunction(sum, UInt64)", .string(["12345678", "\0\0\0\0\0\0\0\0", "87654321"]))
        try add(
            "Geometry",
            .variant(
                VariantColumn(
                    kinds: [3, 255, 3],
                    variants: [
                        .array(ArrayColumn(ends: [], values: .tuple(TupleColumn([.float64([]), .float64([])])))),
                        .array(
                            ArrayColumn(
                                ends: [],
                                values: .array(
                                    ArrayColumn(ends: [], values: .tuple(TupleColumn([.float64([]), .float64([])])))))),
                        .array(
                            ArrayColumn(
                                ends: [],
                                values: .array(
                                    ArrayColumn(
                                        ends: [],
                                        values: .array(
                                            ArrayColumn(
                                                ends: [], values: .tuple(TupleColumn([.float64([]), .float64([])])))))))
                        ),
                        .tuple(TupleColumn([.float64([1, 2]), .float64([3, 4])])),
                        .array(
                            ArrayColumn(
                                ends: [],
                                values: .array(
                                    ArrayColumn(ends: [], values: .tuple(TupleColumn([.float64([]), .float64([])])))))),
                        .array(ArrayColumn(ends: [], values: .tuple(TupleColumn([.float64([]), .float64([])])))),
                    ])))
        return try Block(columns)
    }

    /// Reads packets from bytes that come in pieces.
    static func packets(
        in bytes: ByteSlice, piece: Int, revision: Revision, isCompressed: Bool = false
    ) throws -> [ServerPacket] {
        var decoder = ServerPacketDecoder(offered: revision)
        decoder.isCompressed = isCompressed
        let buffer = ReceiveBuffer()
        var packets: [ServerPacket] = []
        var position = 0
        while true {
            switch try decoder.next(from: buffer) {
            case .packet(let packet): packets.append(packet)
            case .needs:
                guard position < bytes.count else { return packets }
                let end = min(position + piece, bytes.count)
                buffer.append(bytes.span.extracting(position..<end))
                position = end
            }
        }
    }
}
