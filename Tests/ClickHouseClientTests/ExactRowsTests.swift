import Bytes
import ClickHouseClient
import ClickHouseProtocol
import Foundation
import Testing

@Suite("A value comes out as what it is, or not at all")
struct ExactRowsTests {
    private func block(_ type: String, _ data: ColumnData) throws -> Block {
        try Block([Column(name: "v", type: try ColumnType(parsing: type), data: data)])
    }

    private struct Row<Value: Decodable>: Decodable { let v: Value }

    private func values<Value: Decodable>(
        _ type: String, _ data: ColumnData, as wanted: Value.Type
    ) throws -> [Value] {
        try block(type, data).rows(as: Row<Value>.self).map(\.v)
    }

    private func refuse<Value: Decodable>(
        _ type: String, _ data: ColumnData, as wanted: Value.Type, naming parts: String...
    ) throws {
        let error = #expect(throws: ClickHouseError.self) { try values(type, data, as: wanted) }
        #expect(error?.code == .mismatch)
        for part in ["`v`", type] + parts { #expect(error?.message.contains(part) == true, "\(error?.message ?? "")") }
    }

    @Test("decimals are whole numbers where they are whole")
    func decimals() throws {
        #expect(try values("Decimal(9, 2)", .int32([200, -300, 0]), as: Int.self) == [2, -3, 0])
        #expect(try values("Decimal(38, 4)", .int128([50_000]), as: UInt8.self) == [5])
        try refuse("Decimal(9, 2)", .int32([110]), as: Int.self, naming: "1.10", "Int")
        #expect(try values("Decimal(9, 2)", .int32([110]), as: Double.self) == [1.1])
    }

    @Test("bytes that are no UTF-8 are no text, and all bytes of a FixedString count")
    func texts() throws {
        let broken = StringColumn(bytes: ByteSlice([0x61, 0xff]), ends: [2])
        try refuse("String", .string(broken), as: String.self, naming: "UTF-8")
        #expect(try values("String", .string(broken), as: [UInt8].self) == [[0x61, 0xff]])
        #expect(try values("String", .string(broken), as: Data.self) == [Data([0x61, 0xff])])
        let fixed = FixedStringColumn(bytes: ByteSlice([0x61, 0, 0]), width: 3)
        #expect(try values("FixedString(3)", .fixedString(fixed), as: String.self) == ["a\0\0"])
    }

    @Test("floating-point numbers are not rounded in silence")
    func floats() throws {
        try refuse("Float64", .float64([0.1]), as: Float.self, naming: "0.1")
        #expect(try values("Float64", .float64([0.5]), as: Float.self) == [0.5])
        #expect(try values("Float64", .float64([.nan]), as: Float.self)[0].isNaN)
        #expect(try values("Float32", .float32([0.1]), as: Float.self) == [0.1])
        try refuse("UInt64", .uint64([1 << 53 + 1]), as: Double.self, naming: "9007199254740993")
        #expect(try values("Int64", .int64([1 << 53]), as: Double.self) == [9_007_199_254_740_992])
    }

    @Test("Foundation's dates are the moments that the columns hold")
    func dates() throws {
        let noon = Date(timeIntervalSince1970: 1_718_020_800.25)
        #expect(
            try values("DateTime64(3)", .int64([1_718_020_800_250, -1]), as: Date.self) == [
                noon, Date(timeIntervalSince1970: -0.001),
            ])
        #expect(
            try values("DateTime('UTC')", .uint32([1_718_020_800]), as: Date.self)
                == [Date(timeIntervalSince1970: 1_718_020_800)])
        #expect(try values("Date", .uint16([1]), as: Date.self) == [Date(timeIntervalSince1970: 86_400)])
        #expect(
            try values(
                "Nullable(Date32)", .nullable(NullableColumn(nulls: [0, 1], values: .int32([-1, 0]))), as: Date?.self)
                == [Date(timeIntervalSince1970: -86_400), nil])
        #expect(try values("DateTime64(3)", .int64([5]), as: Int64.self) == [5])
    }

    @Test("names of enums are read with all the escapes that ClickHouse writes")
    func enums() throws {
        let type = #"Enum8('\b\f\v\a\e\x41\\\'' = 1)"#
        let names = try block(type, .int8([1])).rows(as: Row<String>.self).map(\.v)
        #expect(names == ["\u{8}\u{c}\u{b}\u{7}\u{1b}A\\'"])
        #expect(throws: ClickHouseProtocolError.self) { try ColumnType(parsing: #"Enum8('\x4' = 1)"#) }
    }
}
