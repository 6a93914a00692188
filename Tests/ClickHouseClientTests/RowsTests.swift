import Bytes
import ClickHouseClient
import ClickHouseProtocol
import Testing

@Suite("Rows are decoded from blocks")
struct RowsTests {
    struct Point: Decodable, Equatable {
        let x: Int
        let y: String
    }

    struct Row: Decodable, Equatable {
        let id: ClickHouseUUID
        let name: String
        let low: String
        let note: String?
        let latency: Double
        let list: [Float]
        let kind: String
        let flag: Bool
        let at: Int64
        let point: Point
        let map: [String: UInt8]
    }

    static func block() throws -> Block {
        func column(_ name: String, _ type: String, _ data: ColumnData) throws -> Column {
            Column(name: name, type: try ColumnType(parsing: type), data: data)
        }
        return try Block([
            column("id", "UUID", .uuid([ClickHouseUUID(high: 1, low: 2), ClickHouseUUID(high: 3, low: 4)])),
            column("name", "String", .string(["a", "b"])),
            column(
                "low", "LowCardinality(String)",
                .lowCardinality(LowCardinalityColumn(dictionary: .string(["", "x"]), indexes: [1, 0]))),
            column("note", "Nullable(String)", .nullable(NullableColumn(nulls: [1, 0], values: .string(["", "n"])))),
            column("latency", "Float64", .float64([1.5, 2])),
            column("list", "Array(Float32)", .array(ArrayColumn(ends: [0, 2], values: .float32([1, 2])))),
            column("kind", "Enum8('one' = 1, 'two' = 2)", .int8([1, 2])),
            column("flag", "Bool", .uint8([1, 0])),
            column("at", "DateTime64(3)", .int64([5, 6])),
            column("point", "Tuple(x Int32, y String)", .tuple(TupleColumn([.int32([7, 8]), .string(["p", "q"])]))),
            column(
                "map", "Map(String, UInt8)",
                .array(ArrayColumn(ends: [1, 1], values: .tuple(TupleColumn([.string(["k"]), .uint8([9])]))))),
        ])
    }

    @Test("Each property comes from the column of its name")
    func structure() throws {
        let rows = try Self.block().rows(as: Row.self)
        #expect(
            rows == [
                Row(
                    id: ClickHouseUUID(high: 1, low: 2), name: "a", low: "x", note: nil, latency: 1.5, list: [],
                    kind: "one", flag: true, at: 5, point: Point(x: 7, y: "p"), map: ["k": 9]),
                Row(
                    id: ClickHouseUUID(high: 3, low: 4), name: "b", low: "", note: "n", latency: 2, list: [1, 2],
                    kind: "two", flag: false, at: 6, point: Point(x: 8, y: "q"), map: [:]),
            ])
    }

    @Test("A single column is decoded as a value")
    func singleValue() throws {
        let numbers = try Block([Column(name: "n", type: .uint64, data: .uint64([1, 2, 3]))])
        #expect(try numbers.rows(as: Int.self) == [1, 2, 3])
        let ids = try Block([Column(name: "id", type: .uuid, data: .uuid([ClickHouseUUID(high: 1, low: 2)]))])
        #expect(try ids.rows(as: ClickHouseUUID.self) == [ClickHouseUUID(high: 1, low: 2)])
    }

    @Test("What does not fit names the column")
    func mismatch() throws {
        struct Wrong: Decodable { let name: Int }
        struct Null: Decodable { let note: String }
        struct Missing: Decodable { let nothing: String }
        struct Small: Decodable { let n: UInt8 }
        let block = try Self.block()
        #expect(
            #expect(throws: ClickHouseError.self) { try block.rows(as: Wrong.self) }?.message
                == "column `name`: String values are no Int")
        #expect(
            #expect(throws: ClickHouseError.self) { try block.rows(as: Null.self) }?.message
                == "column `note`: NULL where String is wanted")
        #expect(
            #expect(throws: ClickHouseError.self) { try block.rows(as: Missing.self) }?.message
                == "the result has no column `nothing`")
        let large = try Block([
            Column(name: "n", type: .uint64, data: .uint64([256])), Column(name: "m", type: .uint8, data: .uint8([1])),
        ])
        #expect(
            #expect(throws: ClickHouseError.self) { try large.rows(as: Small.self) }?.message
                == "column `n`: the UInt64 value 256 is not exactly any UInt8")
    }
}
