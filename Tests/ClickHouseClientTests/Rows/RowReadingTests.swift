import Bytes
import ClickHouseClient
import ClickHouseProtocol
import Foundation
import Testing

@Suite("Rows are read out of columns in every shape that Swift has for them")
struct RowReadingTests {
    private struct Row<Value: Decodable>: Decodable { let v: Value }

    private func read<Value: Decodable>(_ type: String, _ data: ColumnData, as wanted: Value.Type) throws -> [Value] {
        let block = try Block([Column(name: "v", type: try ColumnType(parsing: type), data: data)])
        return try block.rows(as: Row<Value>.self).map(\.v)
    }

    private func refuse<Value: Decodable>(
        _ type: String, _ data: ColumnData, as wanted: Value.Type, naming parts: String...
    ) throws {
        let error = #expect(throws: ClickHouseError.self) { try read(type, data, as: wanted) }
        #expect(error?.code == .mismatch)
        for part in ["`v`"] + parts { #expect(error?.message.contains(part) == true, "\(error?.message ?? "")") }
    }

    @Test("numbers of every width")
    func numbers() throws {
        #expect(try read("Int128", .int128([.min]), as: Int128.self) == [.min])
        #expect(try read("UInt128", .uint128([.max]), as: UInt128.self) == [.max])
        #expect(try read("Int256", .int256([Int256(-5)]), as: Int.self) == [-5])
        #expect(
            try read("UInt256", .uint256([UInt256(high: 1, low: 0)]), as: String.self)
                == ["340282366920938463463374607431768211456"])
        try refuse("UInt256", .uint256([UInt256(high: 1, low: 0)]), as: UInt128.self, naming: "34028236692093846346")
        #expect(try read("BFloat16", .uint16([0x3fc0]), as: Double.self) == [1.5])
        #expect(try read("UInt8", .uint8([0, 1]), as: Bool.self) == [false, true])
        try refuse("UInt8", .uint8([2]), as: Bool.self, naming: "2", "Bool")
        try refuse("UInt8", .uint8([200]), as: Int8.self, naming: "200", "Int8")
    }

    @Test("decimals as Foundation's, as text, and as the number that tells them")
    func decimals() throws {
        let wanted = try #require(Decimal(string: "-1.1"))
        #expect(try read("Decimal(9, 2)", .int32([-110, 0]), as: Decimal.self) == [wanted, 0])
        #expect(try read("Decimal(9, 2)", .int32([-110, 5]), as: String.self) == ["-1.10", "0.05"])
        #expect(try read("UInt64", .uint64([.max]), as: Decimal.self) == [Decimal(UInt64.max)])
        let long: ColumnData = .int128([12_345_678_901_234_567_890_123_456_789_012_345_678])
        #expect(
            try read("Decimal(38, 10)", long, as: Decimal.self)
                == [try #require(Decimal(string: "1234567890123456789012345678.9012345678"))])
        try refuse(
            "Decimal(38, 10)", long, as: Double.self, naming: "1234567890123456789012345678.9012345678", "Double")
    }

    @Test("a moment that Foundation's dates are too coarse for is refused")
    func moments() throws {
        try refuse("DateTime64(9)", .int64([1_718_020_800_123_456_789]), as: Date.self, naming: "DateTime64(9)")
        #expect(
            try read("DateTime64(6)", .int64([1_718_020_800_123_456]), as: Date.self)
                == [Date(timeIntervalSince1970: 1_718_020_800.123456)])
        try refuse("Float64", .float64([5]), as: Date.self, naming: "Float64")
    }

    @Test("texts as URLs, UUIDs, bytes and addresses")
    func texts() throws {
        #expect(
            try read("String", .string(["https://example.org/a?b=1"]), as: URL.self)
                == [try #require(URL(string: "https://example.org/a?b=1"))])
        let id = ClickHouseUUID(high: 1, low: 2)
        #expect(try read("UUID", .uuid([id]), as: UUID.self) == [try #require(UUID(uuidString: id.description))])
        #expect(try read("IPv4", .uint32([0xC0A8_010A]), as: String.self) == ["192.168.1.10"])
        for (text, bytes) in [
            ("2001:db8::1", [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] as [UInt8]),
            ("::", Array(repeating: 0, count: 16)),
            ("::ffff:1.2.3.4", Array(repeating: 0, count: 10) + [255, 255, 1, 2, 3, 4]),
        ] {
            let column = FixedStringColumn(bytes: ByteSlice(bytes), width: 16)
            #expect(try read("IPv6", .fixedString(column), as: String.self) == [text])
            #expect(try read("IPv6", .fixedString(column), as: [UInt8].self) == [bytes])
        }
    }

    private struct Point: Decodable, Equatable {
        let x: Int
        let y: String?
    }

    @Test("tuples by name and in order, maps by any key, and arrays of structures")
    func nested() throws {
        let pair: ColumnData = .tuple(TupleColumn([.int32([1, 2]), .int8([3, 4])]))
        #expect(try read("Tuple(Int32, Int8)", pair, as: [Int].self) == [[1, 3], [2, 4]])
        let points: ColumnData = .array(
            ArrayColumn(
                ends: [2],
                values: .tuple(
                    TupleColumn([
                        .nullable(NullableColumn(nulls: [0, 1], values: .string(["a", ""]))), .int32([1, 2]),
                    ]))))
        for type in ["Array(Tuple(y Nullable(String), x Int32))", "Nested(y Nullable(String), x Int32)"] {
            #expect(try read(type, points, as: [Point].self) == [[Point(x: 1, y: "a"), Point(x: 2, y: nil)]])
        }
        func map(_ keys: ColumnData, _ values: ColumnData) -> ColumnData {
            .array(ArrayColumn(ends: [UInt64(keys.count)], values: .tuple(TupleColumn([keys, values]))))
        }
        #expect(try read("Map(Int8, String)", map(.int8([-5]), .string(["a"])), as: [Int: String].self) == [[-5: "a"]])
        #expect(
            try read("Map(UInt64, String)", map(.uint64([.max]), .string(["a"])), as: [UInt64: String].self)
                == [[.max: "a"]])
        let twice = map(.string(["k", "k"]), .uint8([1, 2]))
        try refuse("Map(String, UInt8)", twice, as: [String: Int].self, naming: "'k': 1")
        try refuse("Tuple(x Int32, y Int8)", pair, as: Point.self, naming: "`y`", "Int8")
    }
}
