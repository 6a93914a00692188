import Bytes
import ClickHouseClient
import ClickHouseProtocol
import Testing

@Suite("Columns written in other ways, by a real server", .enabled(if: LiveServer.isAvailable, LiveServer.notAvailable))
struct SerializationTests {
    struct Row: Decodable, Equatable {
        let n: UInt64
        let s: String
        let u: UInt8
        let o: Int32?
        let t: Pair

        struct Pair: Decodable, Equatable {
            let a: String
            let b: Int64
        }
    }

    @Test("Sparse columns are filled up", arguments: QueryTests.revisions)
    func sparse(revision: Revision) async throws {
        try await LiveServer.withClient {
            $0.revision = revision
        } _: { client in
            let table = "sparse_\(revision)"
            try await client.execute(
                ClickHouseQuery(
                    unescaped:
                        "CREATE TABLE \(table) (n UInt64, s String, u UInt8, o Nullable(Int32), t Tuple(a String, b Int64)) "
                        + "ENGINE = MergeTree ORDER BY n SETTINGS ratio_of_defaults_for_sparse_serialization = 0.5"))
            try await client.execute(
                ClickHouseQuery(
                    unescaped:
                        "INSERT INTO \(table) SELECT number, number % 100 = 7 ? toString(number) : '', number % 50 = 0, "
                        + "number % 70 = 1 ? toInt32(number) : NULL, (number % 90 = 3 ? 'x' : '', number % 80 = 2 ? -1 : 0) "
                        + "FROM numbers(1000)"))
            let rows = try await client.rows(
                ClickHouseQuery(unescaped: "SELECT * FROM \(table) ORDER BY n"), as: Row.self)
            var wanted: [Row] = []
            for n in 0..<1000 {
                let s: String = n % 100 == 7 ? "\(n)" : ""
                let u: UInt8 = n % 50 == 0 ? 1 : 0
                let o: Int32? = n % 70 == 1 ? Int32(n) : nil
                let t = Row.Pair(a: n % 90 == 3 ? "x" : "", b: n % 80 == 2 ? -1 : 0)
                wanted.append(Row(n: UInt64(n), s: s, u: u, o: o, t: t))
            }
            #expect(rows == wanted)
        }
    }

    @Test("Replicated columns are filled up", arguments: [Revision(rawValue: 54_481), .newest])
    func replicated(revision: Revision) async throws {
        try await LiveServer.withClient {
            $0.revision = revision
        } _: { client in
            let blocks = try await client.blocks(
                ClickHouseQuery(
                    unescaped:
                        "SELECT n, s, l, a, k FROM (SELECT number AS n, toString(number) AS s, toLowCardinality(s) AS l, [s] AS a, "
                        + "range(3) AS r FROM numbers(3)) ARRAY JOIN r AS k ORDER BY n, k",
                    settings: [Setting("enable_lazy_columns_replication", "1", isImportant: false)]))
            let block = try #require(blocks.first)
            #expect(block.rowCount == 9)
            #expect(block["s"]?.data == .string(["0", "0", "0", "1", "1", "1", "2", "2", "2"]))
            #expect(
                block["a"]?.data
                    == .array(
                        ArrayColumn(
                            ends: Array(1...9), values: .string(["0", "0", "0", "1", "1", "1", "2", "2", "2"]))))
        }
    }

    /// Columns of which most values are the default, so that the server writes them in other ways.
    private static let sparseTypes = [
        "Int8", "UInt16", "Int32", "UInt64", "Int128", "UInt256", "Float32", "Float64", "BFloat16", "Bool", "String",
        "FixedString(5)", "Date", "Date32", "DateTime", "DateTime64(3, 'UTC')", "UUID", "IPv4", "IPv6",
        "Enum8('a' = 0, 'b' = 1)", "Enum16('a' = 0, 'b' = 1)", "Decimal(9, 2)", "Decimal(18, 2)", "Decimal(38, 2)",
        "Nullable(Int32)", "Nullable(String)", "Nullable(UUID)", "LowCardinality(String)",
        "LowCardinality(Nullable(String))", "Array(String)", "Array(LowCardinality(String))",
        "Array(Nullable(Float64))",
        "Map(String, UInt8)", "Tuple(a String, b Int64)",
        "Tuple(a Tuple(b Nullable(String), c UInt8), d LowCardinality(String))",
        "SimpleAggregateFunction(sum, UInt64)", "Point",
    ]

    @Test(
        "Results of no rows, of one and of many are read, whatever the type, however it is written",
        arguments: QueryTests.revisions)
    func anyCountOfRows(revision: Revision) async throws {
        try await LiveServer.withClient {
            $0.revision = revision
        } _: { client in
            let table = "counts_\(revision)"
            let list = Self.sparseTypes.enumerated().map { "c\($0) \($1)" }.joined(separator: ", ")
            try await client.execute(
                ClickHouseQuery(
                    unescaped: "CREATE TABLE \(table) (n UInt64, \(list)) ENGINE = MergeTree ORDER BY n "
                        + "SETTINGS ratio_of_defaults_for_sparse_serialization = 0.1",
                    settings: [Setting("allow_suspicious_low_cardinality_types", "1")]))
            try await client.execute(
                ClickHouseQuery(unescaped: "INSERT INTO \(table) (n) SELECT number FROM numbers(1000)"))
            for (condition, count) in [("n > 5000", 0), ("0", 0), ("n = 7", 1), ("n < 500", 500), ("1", 1000)] {
                for suffix in ["ORDER BY n", "LIMIT 100000", "ORDER BY c10, n LIMIT 100000 OFFSET 0"] {
                    try await client.query(
                        ClickHouseQuery(unescaped: "SELECT * FROM \(table) WHERE \(condition) \(suffix)")
                    ) {
                        result in
                        var rows = 0
                        while let block = try await result.next() { rows += block.rowCount }
                        #expect(rows == count, "\(condition) \(suffix)")
                        #expect(result.header?.columns.count == Self.sparseTypes.count + 1)
                    }
                }
            }
            // A join of few rows with many, and rows that the server replicates.
            let joined = try await client.blocks(
                ClickHouseQuery(
                    unescaped: "SELECT l.*, k FROM \(table) AS l ARRAY JOIN range(n % 3) AS k WHERE n < 0",
                    settings: revision < Revision(rawValue: 54_480)
                        ? [] : [Setting("enable_lazy_columns_replication", "1", isImportant: false)]))
            #expect(joined.isEmpty)
        }
    }

    @Test("All types come back as they were inserted")
    func allTypes() async throws {
        let columns: [(String, ColumnData)] = [
            ("Int8", .int8([-1, 0, 127])), ("Int16", .int16([-1, 0, 1])), ("Int32", .int32([-1, 0, 1])),
            ("Int64", .int64([.min, 0, .max])), ("Int128", .int128([.min, 0, .max])),
            ("Int256", .int256([Int256(-5), Int256(0), Int256(7)])), ("UInt8", .uint8([0, 1, 255])),
            ("UInt16", .uint16([0, 1, 65535])), ("UInt32", .uint32([0, 1, .max])), ("UInt64", .uint64([0, 1, .max])),
            ("UInt128", .uint128([0, 1, .max])),
            ("UInt256", .uint256([UInt256(low: 1), UInt256(high: 2, low: 3), UInt256(low: 0)])),
            ("BFloat16", .uint16([0x3fc0, 0, 0xbf80])), ("Float32", .float32([1.5, 0, -2])),
            ("Float64", .float64([1.5, 0, -2])), ("Bool", .uint8([1, 0, 1])),
            ("String", .string(["", "héllo", String(repeating: "x", count: 300)])),
            ("FixedString(3)", .fixedString(FixedStringColumn(bytes: ByteSlice(utf8: "abcdefxyz"), width: 3))),
            ("Date", .uint16([0, 1, 20000])), ("Date32", .int32([-25567, 0, 1])), ("DateTime", .uint32([0, 1, 2])),
            ("DateTime('Europe/Berlin')", .uint32([0, 1, 2])),
            ("DateTime64(3, 'UTC')", .int64([-1, 0, 1_705_321_845_123])),
            ("UUID", .uuid([.init(high: 1, low: 2), .init(high: 3, low: 4), .init(high: 5, low: 6)])),
            ("IPv4", .uint32([0, 1, 0xC0A8_010A])),
            ("IPv6", .fixedString(FixedStringColumn(bytes: ByteSlice((0..<48).map { UInt8($0) }), width: 16))),
            ("Enum8('a' = -1, 'b' = 2)", .int8([-1, 2, -1])), ("Enum16('a' = 1, 'b' = 30000)", .int16([1, 30000, 1])),
            ("Decimal(9, 4)", .int32([1, -2, 3])), ("Decimal(18, 1)", .int64([1, -2, 3])),
            ("Decimal(38, 4)", .int128([1, -2, 3])), ("Decimal(76, 4)", .int256([Int256(1), Int256(-2), Int256(3)])),
            ("Nullable(String)", .nullable(NullableColumn(nulls: [0, 1, 0], values: .string(["a", "", "b"])))),
            ("Array(Float32)", .array(ArrayColumn(ends: [2, 2, 3], values: .float32([1, 2, 3])))),
            (
                "Array(Array(String))",
                .array(
                    ArrayColumn(
                        ends: [1, 1, 3], values: .array(ArrayColumn(ends: [0, 2, 3], values: .string(["a", "b", ""])))))
            ),
            (
                "Map(String, UInt8)",
                .array(
                    ArrayColumn(ends: [0, 1, 2], values: .tuple(TupleColumn([.string(["k", "l"]), .uint8([1, 2])]))))
            ),
            ("Tuple(a UInt8, `b c` String)", .tuple(TupleColumn([.uint8([1, 2, 3]), .string(["x", "", "z"])]))),
        ]
        for revision in [Revision.clickHouse243, .newest] {
            try await LiveServer.withClient {
                $0.revision = revision
            } _: { client in
                let table = "all_types_\(revision)"
                let list = columns.enumerated().map { "c\($0) \($1.0)" }.joined(separator: ", ")
                try await client.execute(ClickHouseQuery(unescaped: "CREATE TABLE \(table) (\(list)) ENGINE = Memory"))
                let block = try Block(
                    columns.enumerated().map { index, column in
                        Column(name: "c\(index)", type: try ColumnType(parsing: column.0), data: column.1)
                    })
                try await client.insert(into: table, block)
                let read = try #require(
                    try await client.blocks(ClickHouseQuery(unescaped: "SELECT * FROM \(table)")).first)
                for (wanted, got) in zip(block.columns, read.columns) { #expect(wanted == got) }
            }
        }
    }
}
