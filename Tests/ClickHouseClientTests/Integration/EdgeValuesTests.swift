import ClickHouseClient
import ClickHouseProtocol
import Testing

@Suite(
    "Values at the edges of their types, and columns of every shape, out of a real server and into it again",
    .enabled(if: LiveServer.isAvailable, LiveServer.notAvailable))
struct EdgeValuesTests {
    /// Types, and their least, greatest and oddest values as ClickHouse's expressions.
    private static let edges: [(type: String, values: [String])] = [
        ("Int8", ["-128", "127"]), ("Int16", ["-32768", "32767"]), ("Int32", ["-2147483648", "2147483647"]),
        ("Int64", ["-9223372036854775808", "9223372036854775807"]),
        (
            "Int128",
            [
                "toInt128('-170141183460469231731687303715884105728')",
                "toInt128('170141183460469231731687303715884105727')",
            ]
        ),
        ("Int256", ["bitNot(toInt256(0))", "bitXor(bitShiftLeft(toInt256(1), 255), toInt256(0))"]),
        ("UInt64", ["18446744073709551615"]), ("UInt128", ["bitNot(toUInt128(0))"]),
        ("UInt256", ["bitNot(toUInt256(0))"]),
        ("Float32", ["nan", "inf", "-inf", "-0.0", "1.17549435e-38", "3.4028235e38", "1e-45"]),
        ("Float64", ["nan", "inf", "-inf", "-0.0", "2.2250738585072014e-308", "1.7976931348623157e308", "5e-324"]),
        ("BFloat16", ["toBFloat16(nan)", "toBFloat16(1e38)", "toBFloat16(-0.0)"]),
        ("Bool", ["true", "false"]),
        ("String", ["''", "'\\0'", "'\\xff\\xfe'", "'ünïcödé ☃ 𝄞'", "repeat('x', 3000)"]),
        ("FixedString(4)", ["'\\0\\0\\0\\0'", "'a'", "'\\xff\\xff\\xff\\xff'"]),
        ("Date", ["toDate(0)", "toDate(65535)"]), ("Date32", ["toDate32('1900-01-01')", "toDate32('2299-12-31')"]),
        ("DateTime('UTC')", ["toDateTime(0, 'UTC')", "toDateTime(4294967295, 'UTC')"]),
        (
            "DateTime64(0, 'UTC')",
            ["toDateTime64('1900-01-01 00:00:00', 0, 'UTC')", "toDateTime64('2299-12-31 23:59:59', 0, 'UTC')"]
        ),
        (
            "DateTime64(9, 'UTC')",
            [
                "toDateTime64('1900-01-01 00:00:00', 9, 'UTC')",
                "toDateTime64('2262-04-11 23:47:16.854775807', 9, 'UTC')",
            ]
        ),
        ("Time", ["'-999:59:59'", "'999:59:59'"]), ("Time64(9)", ["'-999:59:59.999999999'", "'999:59:59.999999999'"]),
        ("Decimal(9, 9)", ["'0.999999999'", "'-0.999999999'"]),
        ("Decimal(18, 0)", ["'999999999999999999'", "'-999999999999999999'"]),
        ("Decimal(38, 19)", ["'9999999999999999999.9999999999999999999'"]),
        ("Decimal(76, 38)", ["'-99999999999999999999999999999999999999.99999999999999999999999999999999999999'"]),
        ("UUID", ["'ffffffff-ffff-ffff-ffff-ffffffffffff'", "'00000000-0000-0000-0000-000000000000'"]),
        ("IPv4", ["'0.0.0.0'", "'255.255.255.255'"]), ("IPv6", ["'::'", "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'"]),
        ("Enum8('' = -128, 'é\\'\\\\\\b\\f\\n' = 127)", ["''", "'é\\'\\\\\\b\\f\\n'"]),
        ("Enum16('a' = -32768, 'b' = 32767)", ["'a'", "'b'"]),
        ("Nullable(String)", ["NULL", "''", "'x'"]), ("Nullable(Decimal(76, 3))", ["NULL", "'0.001'"]),
        ("LowCardinality(String)", ["''", "'x'"]), ("LowCardinality(Nullable(String))", ["NULL", "''", "'x'"]),
        ("LowCardinality(UInt64)", ["0", "18446744073709551615"]),
        ("Array(Nullable(Float64))", ["[]", "[NULL, nan]", "range(100)"]),
        ("Array(Array(LowCardinality(String)))", ["[]", "[[], ['']]"]),
        ("Map(LowCardinality(String), Array(Nullable(UUID)))", ["map()", "map('', [NULL])"]),
        (
            "Tuple(`a b` Nullable(Int8), c Array(Tuple(String, LowCardinality(String))))",
            ["(NULL, [])", "(1, [('', '')])"]
        ),
        ("IntervalNanosecond", ["toIntervalNanosecond(-9223372036854775807)"]),
        ("SimpleAggregateFunction(anyLast, Nullable(String))", ["NULL", "'x'"]),
    ]

    private static let settings = [
        Setting("allow_suspicious_low_cardinality_types", "1"),
        Setting("allow_experimental_bfloat16_type", "1", isImportant: false),
        Setting("enable_time_time64_type", "1", isImportant: false),
        Setting("max_memory_usage", "0"),
    ]

    private static let list = edges.enumerated().map { "c\($0) \($1.type)" }.joined(separator: ", ")

    /// One of each column's edge values, those that come round again, or its default.
    private static func row(_ values: (Int, [String]) -> String) -> String {
        edges.enumerated().map { "CAST(\(values($0, $1.values)), '\(escaped($1.type))')" }.joined(separator: ", ")
    }

    private static func escaped(_ text: String) -> String {
        String(text.flatMap { $0 == "'" || $0 == "\\" ? ["\\", $0] : [$0] })
    }

    enum Shape: String, CaseIterable, Sendable { case edges, equal, mostlyDefaults }

    @Test("They come back as they were", arguments: Shape.allCases, [0, 1, 2, 70_000])
    func shapes(shape: Shape, count: Int) async throws {
        try await LiveServer.withClient { client in
            let (from, into) = ("\(shape)_from_\(count)", "\(shape)_into_\(count)")
            let engine = "MergeTree ORDER BY n SETTINGS ratio_of_defaults_for_sparse_serialization = 0.9"
            for (table, engine) in [(from, engine), (into, "Memory")] {
                try await client.execute(
                    ClickHouseQuery(
                        unescaped: "CREATE TABLE \(table) (n UInt64, \(Self.list)) ENGINE = \(engine)",
                        settings: Self.settings))
            }
            for turn in 0..<min(count, shape == .equal ? 1 : 7) {
                let row = Self.row { $1[turn % $1.count] }
                // The rows whose number is `turn`, in rounds of seven; of a thousand where most are the default.
                let (step, rows) =
                    switch shape {
                    case .equal: (1, count)
                    case .edges: (7, (count - turn + 6) / 7)
                    case .mostlyDefaults: (1000, (count - turn + 999) / 1000)
                    }
                try await client.execute(
                    ClickHouseQuery(
                        unescaped:
                            "INSERT INTO \(from) SELECT number * \(step) + \(turn), \(row) FROM numbers(\(rows))",
                        settings: Self.settings))
            }
            if shape == .mostlyDefaults {
                try await client.execute(
                    ClickHouseQuery(
                        unescaped:
                            "INSERT INTO \(from) (n) SELECT number FROM numbers(\(count)) WHERE number % 1000 >= 7"))
                try await client.execute(ClickHouseQuery(unescaped: "OPTIMIZE TABLE \(from) FINAL"))
            }
            var rows = 0
            let columns = ["n"] + Self.edges.indices.map { "c\($0)" }
            try await client.query(ClickHouseQuery(unescaped: "SELECT * FROM \(from)")) { result in
                var blocks: [Block] = []
                for try await block in result { blocks.append(block) }
                rows = blocks.reduce(0) { $0 + $1.rowCount }
                try await client.insert(into: into, columns: columns) { insert in
                    for block in blocks { try await insert.write(block) }
                }
            }
            #expect(rows == count)
            let sums = columns.map { "sum(sipHash64(formatRow('TSV', n, \($0))))" }.joined(separator: ", ")
            func sum(_ table: String) async throws -> [UInt64] {
                try await client.rows(ClickHouseQuery(unescaped: "SELECT \(sums) FROM \(table)"), as: [UInt64].self)
                    .first ?? []
            }
            let (wanted, got) = (try await sum(from), try await sum(into))
            for (index, (wanted, got)) in zip(wanted, got).enumerated() where wanted != got {
                Issue.record("\(index == 0 ? "n" : Self.edges[index - 1].type)")
            }
        }
    }
}
