import Bytes
import ClickHouseClient
import ClickHouseProtocol
import Testing

@Suite(
    "Values of every type, out of a real server and into it again",
    .enabled(if: LiveServer.isAvailable, LiveServer.notAvailable))
struct EveryTypeTests {
    /// A type, and expressions over `number` that make values of it.
    struct Sample: Sendable, CustomTestStringConvertible {
        let type: String
        let values: String

        init(_ type: String, _ values: String) {
            self.type = type
            self.values = values
        }

        var testDescription: String { type }
    }

    static let samples: [Sample] = [
        Sample(
            "Variant(UInt64, String)",
            "number % 3 = 0 ? NULL : (number % 3 = 1 ? number::Variant(UInt64, String) : toString(number)::Variant(UInt64, String))"
        ),
        Sample(
            "Variant(Array(Nullable(String)), LowCardinality(String), Tuple(a UInt8, b String), UInt8)",
            "multiIf(number % 5 = 0, NULL, number % 5 = 1, ['x', NULL, toString(number)]::Array(Nullable(String)), "
                + "number % 5 = 2, toLowCardinality(toString(number % 7))::Variant(Array(Nullable(String)), LowCardinality(String), Tuple(a UInt8, b String), UInt8), "
                + "number % 5 = 3, tuple(number % 256, toString(number))::Tuple(a UInt8, b String), toUInt8(number % 256))"
        ),
        Sample(
            "Array(Variant(String, UInt64))",
            "arrayMap(i -> i % 2 = 0 ? toUInt64(i)::Variant(String, UInt64) : toString(i)::Variant(String, UInt64), range(number % 4))"
        ),
        Sample(
            "Dynamic",
            "multiIf(number % 5 = 0, NULL, number % 5 = 1, number::Dynamic, number % 5 = 2, toString(number)::Dynamic, number % 5 = 3, [number, 1]::Dynamic, toLowCardinality(toString(number % 7))::Dynamic)"
        ),
        Sample(
            "Dynamic(max_types=2)",
            "multiIf(number % 5 = 0, NULL, number % 5 = 1, number::Dynamic, number % 5 = 2, toString(number)::Dynamic, number % 5 = 3, [number, 1]::Dynamic, toDate(number % 1000)::Dynamic)"
        ),
        Sample("Map(String, Dynamic)", "map('a', number::Dynamic, toString(number), 'x'::Dynamic)"),
        Sample(
            "JSON",
            "concat('{\"a\":', toString(number), ',\"b\":{\"c\":\"x', toString(number % 9), '\",\"d\":[1,null,', toString(number), ']},\"e\":[{\"f\":1},{\"g\":\"h\"}]}')::JSON"
        ),
        Sample(
            "JSON(a UInt32, `b.c` LowCardinality(String), max_dynamic_paths=2, SKIP z, SKIP REGEXP 'q.*')",
            "concat('{\"a\":', toString(number), ',\"b\":{\"c\":\"x', toString(number % 9), '\"},\"k', toString(number % 6), '\":', toString(number), '}')::JSON"
        ),
        Sample("Array(JSON)", "[concat('{\"a\":', toString(number), '}')::JSON]"),
        Sample("Point", "(number, -number)::Tuple(Float64, Float64)"),
        Sample("Ring", "[(number, 0), (1, number)]::Array(Tuple(Float64, Float64))"),
        Sample("MultiPolygon", "[[[(number, 0), (1, number)]], []]::Array(Array(Array(Tuple(Float64, Float64))))"),
        Sample(
            "Geometry",
            "number % 2 = 0 ? ((number, 1.5)::Point)::Geometry : ([(number, 0), (1, number)]::LineString)::Geometry"),
        Sample("QBit(Float32, 3)", "[number, -1.5, 0]::Array(Float32)"),
        Sample("QBit(Float64, 17)", "arrayMap(i -> i + number / 3, range(17))"),
        Sample("QBit(BFloat16, 8)", "arrayMap(i -> toBFloat16(i + number), range(8))"),
        Sample("AggregateFunction(sum, UInt64)", "arrayReduce('sumState', [number])"),
        Sample("AggregateFunction(sum, Decimal(9, 2))", "arrayReduce('sumState', [toDecimal32(number % 1000, 2)])"),
        Sample("AggregateFunction(count)", "arrayReduce('countState', range(number % 300))"),
        Sample(
            "AggregateFunction(avg, Float64)",
            "arrayReduce('avgState', arrayMap(i -> toFloat64(i), range(number % 300)))"),
        Sample(
            "AggregateFunction(avg, UInt32)", "arrayReduce('avgState', arrayMap(i -> toUInt32(i), range(number % 300)))"
        ),
        Sample(
            "AggregateFunction(max, DateTime64(3))",
            "arrayReduce('maxState', arrayMap(i -> toDateTime64(i, 3), range(number % 3)))"),
        Sample(
            "AggregateFunction(any, String)",
            "arrayReduce('anyState', arrayMap(i -> repeat('x', number % 70), range(number % 3)))"),
        Sample("Time", "toInt32(number % 3600)::Time"), Sample("Time64(6)", "(number % 3600)::Time64(6)"),
        Sample("Tuple()", "tuple()"),
        Sample("IntervalSecond", "toIntervalSecond(number)"), Sample("IntervalYear", "toIntervalYear(number)"),
    ]

    private static let settings = [
        Setting("allow_suspicious_low_cardinality_types", "1"), Setting("allow_suspicious_types_in_order_by", "1"),
        Setting("allow_experimental_qbit_type", "1", isImportant: false),
        Setting("allow_experimental_bfloat16_type", "1", isImportant: false),
        Setting("allow_experimental_time_time64_type", "1", isImportant: false),
        Setting("enable_time_time64_type", "1", isImportant: false),
        Setting("allow_suspicious_variant_types", "1"),
    ]

    @Test("They come back as they were, from none to seventy thousand", arguments: samples)
    func roundTrip(sample: Sample) async throws {
        try await LiveServer.withClient { client in
            try await Self.check(client, sample, counts: [0, 1, 2, 70_000])
        }
    }

    @Test(
        "An older protocol, and structures in their other forms, mean the same",
        arguments: samples.filter {
            $0.type.contains("Dynamic") || $0.type.contains("JSON") || $0.type.contains("Variant")
        },
        [
            [], [Setting("output_format_native_use_flattened_dynamic_and_json_serialization", "1")],
            [Setting("output_format_native_write_json_as_string", "1")],
        ])
    func otherForms(sample: Sample, form: [Setting]) async throws {
        for revision in [Revision.clickHouse243, Revision(rawValue: 54_472), .newest] {
            try await LiveServer.withClient {
                $0.revision = revision
            } _: { client in
                try await Self.check(client, sample, counts: [0, 1, 2, 300], form: form)
            }
        }
    }

    static func check(
        _ client: ClickHouseClient, _ sample: Sample, counts: [Int], form: [Setting] = []
    ) async throws {
        let id = UInt64.random(in: 0 ... .max)
        for count in counts {
            for table in ["from_\(id)_\(count)", "into_\(id)_\(count)"] {
                try await client.execute(
                    ClickHouseQuery(
                        unescaped: "CREATE TABLE \(table) (n UInt64, v \(sample.type)) ENGINE = Memory",
                        settings: settings))
            }
            try await client.execute(
                ClickHouseQuery(
                    unescaped: "INSERT INTO from_\(id)_\(count) SELECT number, \(sample.values) FROM numbers(\(count))",
                    settings: settings))
            let blocks = try await client.blocks(
                ClickHouseQuery(unescaped: "SELECT * FROM from_\(id)_\(count)", settings: form))
            #expect(blocks.reduce(0) { $0 + $1.rowCount } == count)
            try await client.insert(into: "into_\(id)_\(count)", columns: ["n", "v"]) { insert in
                for block in blocks { try await insert.write(block) }
            }
            struct Sum: Decodable, Equatable { let rows: Int, sum: UInt64 }
            let value = sample.type.hasPrefix("AggregateFunction") ? "hex(v)" : "v"
            func sum(_ table: String) async throws -> [Sum] {
                try await client.rows(
                    ClickHouseQuery(
                        unescaped:
                            "SELECT count() AS rows, sum(sipHash64(formatRow('TSV', n, \(value)))) AS sum FROM \(table)"
                    ),
                    as: Sum.self)
            }
            let wanted = try await sum("from_\(id)_\(count)")
            #expect(try await sum("into_\(id)_\(count)") == wanted)
        }
    }
}
