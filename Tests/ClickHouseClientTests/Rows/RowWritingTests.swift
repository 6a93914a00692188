import Bytes
import ClickHouseClient
import ClickHouseProtocol
import Foundation
import Testing

@Suite("Rows are written into columns, each value as what it is, or not at all")
struct RowWritingTests {
    private struct Row<Value: Encodable>: Encodable { let v: Value }

    private func sample(_ type: String) throws -> Block {
        let parsed = try ColumnType(parsing: type)
        return try Block([Column(name: "v", type: parsed, data: .nothing(count: 0))])
    }

    private func written<Value: Encodable>(_ type: String, _ values: Value...) throws -> ColumnData {
        let block = try Block(rows: values.map { Row(v: $0) }, like: sample(type))
        return try #require(block["v"]).data
    }

    private func refuse<Value: Encodable>(_ type: String, _ value: Value, naming parts: String...) throws {
        let error = #expect(throws: ClickHouseError.self) { try written(type, value) }
        #expect(error?.code == .mismatch)
        for part in ["`v`"] + parts { #expect(error?.message.contains(part) == true, "\(error?.message ?? "")") }
    }

    @Test("whole numbers where they fit")
    func integers() throws {
        #expect(try written("UInt8", 0, 255) == .uint8([0, 255]))
        #expect(try written("Int64", Int64.min, .max) == .int64([.min, .max]))
        #expect(try written("UInt64", UInt64.max) == .uint64([.max]))
        #expect(try written("Int128", Int128.min, .max) == .int128([.min, .max]))
        #expect(try written("UInt128", UInt128.max) == .uint128([.max]))
        #expect(try written("Int256", Int128.min) == .int256([Int256(.min)]))
        #expect(
            try written("UInt256", "340282366920938463463374607431768211456") == .uint256([UInt256(high: 1, low: 0)]))
        #expect(try written("Float64", 1 << 53) == .float64([9_007_199_254_740_992]))
        #expect(try written("UInt8", true) == .uint8([1]))
        try refuse("UInt8", 256, naming: "256", "UInt8")
        try refuse("UInt8", -1, naming: "-1")
        try refuse("UInt256", -1, naming: "-1", "UInt256")
        try refuse("Float64", 1 << 53 + 1, naming: "9007199254740993")
        try refuse("Int32", "5", naming: "5", "Int32")
        try refuse("Int32", 1.5, naming: "1.5")
    }

    @Test("numbers with a fraction where they are exact")
    func fractions() throws {
        #expect(try written("Float32", 0.5, -2) == .float32([0.5, -2]))
        #expect(try written("Float32", Float(0.1)) == .float32([0.1]))
        #expect(try written("BFloat16", 1.5) == .uint16([0x3fc0]))
        #expect(try written("Decimal(9, 2)", 1.1, -3) == .int32([110, -300]))
        #expect(try written("Decimal(18, 4)", Decimal(string: "-1.1005") ?? 0) == .int64([-11005]))
        #expect(
            try written("Decimal(76, 2)", "12345678901234567890123456789012345678901234567890.25")
                == .int256([try #require(Int256("1234567890123456789012345678901234567890123456789025"))]))
        #expect(try written("Float64", try #require(Decimal(string: "1.1"))) == .float64([1.1]))
        try refuse("Float32", 0.1, naming: "0.1", "Float32")
        try refuse("BFloat16", 0.1, naming: "0.1")
        try refuse("Decimal(9, 2)", 1.001, naming: "1.001", "Decimal(9, 2)")
        try refuse("Decimal(3, 2)", 10, naming: "10")
        try refuse("Decimal(9, 2)", "1.1x", naming: "1.1x")
        try refuse("Float64", try #require(Decimal(string: "1.00000000000000000001")), naming: "1.00000000000000000001")
    }

    @Test("Foundation's values as what they mean")
    func foundation() throws {
        let moment = Date(timeIntervalSince1970: 1_718_020_800.25)
        #expect(
            try written("DateTime64(3)", moment, Date(timeIntervalSince1970: -0.001))
                == .int64([1_718_020_800_250, -1]))
        #expect(
            try written("DateTime64(6, 'UTC')", Date(timeIntervalSince1970: 1_718_020_800.123456))
                == .int64([1_718_020_800_123_456]))
        #expect(try written("DateTime", Date(timeIntervalSince1970: 5)) == .uint32([5]))
        #expect(try written("Date", Date(timeIntervalSince1970: 86_400)) == .uint16([1]))
        #expect(try written("Date32", Date(timeIntervalSince1970: -86_400)) == .int32([-1]))
        try refuse("DateTime", moment, naming: "DateTime")
        try refuse("Date", moment, naming: "Date")
        try refuse("DateTime", Date(timeIntervalSince1970: -1), naming: "DateTime")
        try refuse("Int64", moment, naming: "Int64")
        #expect(
            try written("String", Data([0x61, 0xff]))
                == .string(StringColumn(bytes: ByteSlice([0x61, 0xff]), ends: [2])))
        #expect(
            try written("String", [UInt8]([1, 2]), [])
                == .string(StringColumn(bytes: ByteSlice([1, 2]), ends: [2, 2])))
        let id = try #require(UUID(uuidString: "01890A5D-AC96-774B-BCCE-B302099A8057"))
        let same = try #require(ClickHouseUUID("01890a5d-ac96-774b-bcce-b302099a8057"))
        #expect(try written("UUID", id) == .uuid([same]))
        #expect(try written("UUID", same) == .uuid([same]))
        #expect(
            try written("String", try #require(URL(string: "https://example.org/a?b=1")))
                == .string(["https://example.org/a?b=1"]))
        let relative = try #require(URL(string: "b", relativeTo: URL(string: "https://example.org/a/")))
        try refuse("String", relative, naming: "relative")
    }

    private enum Color: String, Encodable { case red, green }

    @Test("texts, enums by name, and addresses")
    func texts() throws {
        #expect(try written("String", "", "é") == .string(["", "é"]))
        #expect(try written("Enum8('red' = -1, 'green' = 2)", Color.red, .green) == .int8([-1, 2]))
        #expect(try written("Enum16('a' = 300)", "a") == .int16([300]))
        try refuse("Enum8('red' = 1)", Color.green, naming: "green", "Enum8")
        #expect(
            try written("FixedString(3)", "abc")
                == .fixedString(FixedStringColumn(bytes: ByteSlice(utf8: "abc"), width: 3)))
        try refuse("FixedString(3)", "ab", naming: "'ab' of 2 bytes", "FixedString(3)")
        #expect(try written("IPv4", "192.168.1.10") == .uint32([0xC0A8_010A]))
        try refuse("IPv4", "192.168.1", naming: "192.168.1")
        let address = FixedStringColumn(
            bytes: ByteSlice([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]), width: 16)
        #expect(try written("IPv6", "2001:db8::1") == .fixedString(address))
        for wrong in ["", ":", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::1.2.3"] {
            try refuse("IPv6", wrong, naming: "IPv6")
        }
    }

    private struct Point: Encodable {
        let x: Int
        let y: String?
    }

    @Test("optionals, arrays, dictionaries, and structures within one another")
    func nested() throws {
        #expect(
            try written("Nullable(Int32)", 1, nil)
                == .nullable(NullableColumn(nulls: [0, 1], values: .int32([1, 0]))))
        #expect(try written("LowCardinality(String)", "a", "a") == .string(["a", "a"]))
        #expect(
            try written("Array(Float32)", [Float]([1, 2]), [], [3])
                == .array(ArrayColumn(ends: [2, 2, 3], values: .float32([1, 2, 3]))))
        #expect(
            try written("Array(Array(Nullable(String)))", [["a", nil], []], [])
                == .array(
                    ArrayColumn(
                        ends: [2, 2],
                        values: .array(
                            ArrayColumn(
                                ends: [2, 2],
                                values: .nullable(NullableColumn(nulls: [0, 1], values: .string(["a", ""]))))))))
        let points: ColumnData = .tuple(
            TupleColumn([.int32([1, 2]), .nullable(NullableColumn(nulls: [0, 1], values: .string(["a", ""])))]))
        #expect(
            try written("Tuple(x Int32, y Nullable(String))", Point(x: 1, y: "a"), Point(x: 2, y: nil)) == points)
        #expect(
            try written("Array(Tuple(y Nullable(String), x Int32))", [Point(x: 1, y: "a"), Point(x: 2, y: nil)], [])
                == .array(
                    ArrayColumn(
                        ends: [2, 2],
                        values: .tuple(
                            TupleColumn([
                                .nullable(NullableColumn(nulls: [0, 1], values: .string(["a", ""]))), .int32([1, 2]),
                            ])))))
        #expect(
            try written("Tuple(Int32, Int8)", [1, 2], [3, 4]) == .tuple(TupleColumn([.int32([1, 3]), .int8([2, 4])])))
        try refuse("Tuple(x Int32, y String)", Point(x: 1, y: nil), naming: "`v`.`y`", "nil", "String")
        try refuse("Tuple(x Int32)", Point(x: 1, y: nil), naming: "`y`")
        try refuse("Tuple(x Int32, y String, z Int8)", Point(x: 1, y: ""), naming: "`v`.`z`")
        try refuse("Int32", Point(x: 1, y: ""), naming: "Int32")
        try refuse("Tuple(Int32, Int8)", [1], naming: "`v`.`2`")
    }

    @Test("dictionaries as maps, whatever their keys")
    func maps() throws {
        func map(_ keys: ColumnData, _ values: ColumnData) -> ColumnData {
            .array(ArrayColumn(ends: [1, 1], values: .tuple(TupleColumn([keys, values]))))
        }
        #expect(try written("Map(String, UInt8)", ["5": 9], [:]) == map(.string(["5"]), .uint8([9])))
        #expect(try written("Map(Int32, String)", [-5: "a"], [:]) == map(.int32([-5]), .string(["a"])))
        #expect(try written("Map(UInt64, String)", [UInt64.max: "a"], [:]) == map(.uint64([.max]), .string(["a"])))
        let id = ClickHouseUUID(high: 1, low: 2)
        #expect(
            try written("Map(UUID, Array(Int8))", [id: [1, 2]], [:])
                == map(.uuid([id]), .array(ArrayColumn(ends: [2], values: .int8([1, 2])))))
        try refuse("Map(Int8, String)", [300: "a"], naming: "300", "Int8")
        try refuse("Map(String, UInt8)", ["a"], naming: "key")
    }

    @Test("rows of single values, and rows that lack a value or have one too many")
    func rows() throws {
        let numbers = try sample("Int64")
        #expect(try Block(rows: [1, 2, 3], like: numbers).columns.map(\.data) == [.int64([1, 2, 3])])
        #expect(try Block(rows: [Int](), like: numbers).rowCount == 0)
        let two = try Block([
            Column(name: "x", type: .int64, data: .int64([])),
            Column(name: "y", type: .nullable(.string), data: .string([])),
        ])
        #expect(
            try Block(rows: [Point(x: 1, y: nil), Point(x: 2, y: "b")], like: two).columns.map(\.data) == [
                .int64([1, 2]), .nullable(NullableColumn(nulls: [1, 0], values: .string(["", "b"]))),
            ])
        struct Y: Encodable { let y: String }
        struct XYZ: Encodable { let x = 1, y = "", z = 2 }
        #expect(
            #expect(throws: ClickHouseError.self) { try Block(rows: [Y(y: "")], like: two) }?.message.contains("`x`")
                == true)
        #expect(
            #expect(throws: ClickHouseError.self) { try Block(rows: [XYZ()], like: two) }?.message.contains("`z`")
                == true)
    }
}
