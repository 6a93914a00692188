import ClickHouseClient
import ClickHouseProtocol
import Testing

@Suite(
    "Columns of two thousand random types, out of a real server and into it again",
    .enabled(if: LiveServer.isAvailable, LiveServer.notAvailable))
struct RandomTypesTests {
    /// Numbers that are the same in each run. (SplitMix64.)
    struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
            return mixed ^ mixed >> 31
        }
    }

    /// A type, and what may stand inside of which is minded.
    struct Types {
        var numbers: Numbers

        private mutating func pick(_ names: [String]) -> String { names.randomElement(using: &numbers) ?? names[0] }

        private mutating func plain() -> String {
            switch Int.random(in: 0..<10, using: &numbers) {
            case 0:
                let precision = Int.random(in: 1...76, using: &numbers)
                return "Decimal(\(precision), \(Int.random(in: 0...precision, using: &numbers)))"
            case 1: return "FixedString(\(Int.random(in: 1...40, using: &numbers)))"
            case 2: return "DateTime64(\(Int.random(in: 0...9, using: &numbers)), 'UTC')"
            case 3: return pick(["Enum8('a' = -128, 'b\\'' = 127)", "Enum16('x y' = -5, 'é' = 300, '' = 0)"])
            default:
                return pick([
                    "Int8", "Int16", "Int32", "Int64", "Int128", "Int256", "UInt8", "UInt16", "UInt32", "UInt64",
                    "UInt128", "UInt256", "Float32", "Float64", "Bool", "String", "String", "Date",
                    "Date32",
                    "DateTime", "UUID", "IPv4", "IPv6",
                ])
            }
        }

        private mutating func lowCardinality() -> String {
            let inner = pick(["String", "FixedString(3)", "UInt8", "Int64", "Date", "DateTime", "Float64"])
            return Bool.random(using: &numbers) ? "LowCardinality(\(inner))" : "LowCardinality(Nullable(\(inner)))"
        }

        mutating func next(depth: Int = 0) -> String {
            switch Int.random(in: 0..<(depth < 4 ? 10 : 4), using: &numbers) {
            case 0, 1: return plain()
            case 2: return "Nullable(\(plain()))"
            case 3: return lowCardinality()
            case 4, 5, 6: return "Array(\(next(depth: depth + 1)))"
            case 7:
                let key = pick(["String", "UInt8", "LowCardinality(String)", "UUID", "Date", "Int256"])
                return "Map(\(key), \(next(depth: depth + 1)))"
            default:
                let elements = (0..<Int.random(in: 1...4, using: &numbers)).map { _ in next(depth: depth + 1) }
                guard Bool.random(using: &numbers) else { return "Tuple(\(elements.joined(separator: ", ")))" }
                return "Tuple(\(elements.enumerated().map { "`e \($0)` \($1)" }.joined(separator: ", ")))"
            }
        }
    }

    private static let columns = 50
    private static let settings = [
        Setting("allow_suspicious_low_cardinality_types", "1")
    ]

    @Test("They come back as they were", arguments: 0..<40)
    func roundTrips(seed: Int) async throws {
        var types = Types(numbers: Numbers(state: UInt64(seed)))
        let list = (0..<Self.columns).map { "c\($0) \(types.next())" }.joined(separator: ", ")
        let rows = [0, 1, 2, 17, 300][seed % 5]
        try await LiveServer.withClient {
            $0.revision = [Revision.newest, .clickHouse243, Revision(rawValue: 54_485)][seed % 3]
        } _: { client in
            // Some of the tables keep columns of many defaults in another form, which the server sends on as it is.
            let engine =
                seed % 2 == 0
                ? "Memory"
                : "MergeTree ORDER BY tuple() SETTINGS ratio_of_defaults_for_sparse_serialization = 0.5, "
                    + "min_bytes_for_wide_part = 0"
            let (from, into) = ("random_from_\(seed)", "random_into_\(seed)")
            try await client.execute(
                ClickHouseQuery(unescaped: "CREATE TABLE \(from) (\(list)) ENGINE = \(engine)", settings: Self.settings)
            )
            try await client.execute(
                ClickHouseQuery(unescaped: "CREATE TABLE \(into) (\(list)) ENGINE = Memory", settings: Self.settings))
            let random = "random_\(seed)"
            try await client.execute(
                ClickHouseQuery(
                    unescaped: "CREATE TABLE \(random) (\(list)) ENGINE = GenerateRandom(\(seed), 12, 3)",
                    settings: Self.settings)
            )
            try await client.execute(
                ClickHouseQuery(unescaped: "INSERT INTO \(from) SELECT * FROM \(random) LIMIT \(rows)"))
            if seed % 4 == 1 {
                try await client.execute(
                    ClickHouseQuery(unescaped: "INSERT INTO \(from) (c0) SELECT c0 FROM \(random) LIMIT 500"))
            }
            let blocks = try await client.blocks(ClickHouseQuery(unescaped: "SELECT * FROM \(from)"))
            try await client.insert(into: into) { insert in
                for block in blocks { try await insert.write(block) }
            }
            let sums = (0..<Self.columns).map { "sum(sipHash64(formatRow('TSV', c\($0))))" }.joined(separator: ", ")
            func sum(_ table: String) async throws -> [UInt64] {
                try await client.rows(ClickHouseQuery(unescaped: "SELECT \(sums) FROM \(table)"), as: [UInt64].self)
                    .first ?? []
            }
            let (wanted, got) = (try await sum(from), try await sum(into))
            #expect(wanted.count == Self.columns)
            for (index, (wanted, got)) in zip(wanted, got).enumerated() where wanted != got {
                Issue.record("c\(index) of \(list)")
            }
        }
    }
}
