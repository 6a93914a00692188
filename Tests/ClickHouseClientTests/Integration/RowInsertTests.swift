import ClickHouseClient
import ClickHouseProtocol
import Foundation
import Testing
import Transport

@Suite("Structures inserted into a real server", .enabled(if: LiveServer.isAvailable, LiveServer.notAvailable))
struct RowInsertTests {
    enum Kind: String, Codable { case view, click = "a\u{8}\u{c}'\\" }

    struct Place: Codable, Equatable {
        let name: String?
        let at: [Double]
    }

    struct Visit: Codable, Equatable {
        var id: UUID
        var at: Date
        var day: Date
        var kind: Kind
        var page: String
        var body: Data
        var price: Decimal
        var link: URL
        var tags: [String: [Int32]]
        var place: Place
        var places: [Place]
        var score: Float?
        var low: String?
        var ids: [Int: String]
        var pair: [Int64]
    }

    private static let columns =
        "id UUID, at DateTime64(3, 'UTC'), day Date32, kind Enum8('view' = 1, 'a\\b\\f\\'\\\\' = 2), page String, "
        + "body String, price Decimal(38, 10), link LowCardinality(String), tags Map(String, Array(Int32)), "
        + "place Tuple(name Nullable(String), at Array(Float64)), "
        + "places Array(Tuple(at Array(Float64), name Nullable(String))), score Nullable(Float32), "
        + "low LowCardinality(Nullable(String)), ids Map(Int32, String), pair Tuple(Int64, Int8), extra UInt8 DEFAULT 7"

    private static func visit(_ n: Int) throws -> Visit {
        Visit(
            id: try #require(UUID(uuidString: "01890A5D-AC96-774B-BCCE-\(String(format: "%012X", n))")),
            at: Date(timeIntervalSince1970: 1_718_020_800 + Double(n) / 8),
            day: Date(timeIntervalSince1970: Double(n - 1) * 86_400), kind: n % 2 == 0 ? .view : .click,
            page: "/p\(n)", body: Data([UInt8(n & 0xff), 0xff, 0]),
            price: try #require(Decimal(string: "-\(n).0000000001")),
            link: try #require(URL(string: "https://example.org/\(n)?q=%20")),
            tags: ["a": [1, 2], "": []], place: Place(name: n % 3 == 0 ? nil : "x", at: [Double(n), 0.1]),
            places: (0..<(n % 3)).map { Place(name: "\($0)", at: []) }, score: n % 2 == 0 ? 1.5 : nil,
            low: n % 2 == 0 ? nil : "l", ids: [n: "n", -1: "m"], pair: [Int64(n), -1])
    }

    @Test(
        "They are in the table as they were and come back equal, one block or many, none or one of them",
        arguments: [0, 1, 2, 1000])
    func roundTrip(count: Int) async throws {
        try await LiveServer.withClient { client in
            let table = "visits_\(count)"
            try await client.execute(
                ClickHouseQuery(unescaped: "CREATE TABLE \(table) (\(Self.columns)) ENGINE = Memory"))
            let visits = try (0..<count).map { try Self.visit($0) }
            try await client.insert(into: table, visits, batch: RowBatchSize(rows: 300))
            #expect(
                try await client.rows(
                    ClickHouseQuery(unescaped: "SELECT * FROM \(table) ORDER BY at"), as: Visit.self) == visits)
            let oneByOne = try await client.query(ClickHouseQuery(unescaped: "SELECT * FROM \(table) ORDER BY at")) {
                result in
                var rows: [Visit] = []
                for try await row in result.rows(as: Visit.self) { rows.append(row) }
                return rows
            }
            #expect(oneByOne == visits)
            struct Told: Decodable { let t: String }
            guard count == 2 else { return }
            let told = try await client.rows(
                ClickHouseQuery(
                    unescaped:
                        "SELECT formatRow('JSONCompactEachRow', at, day, kind, price, link, mapSort(tags), place, places, extra) AS t "
                        + "FROM \(table) ORDER BY at SETTINGS output_format_json_quote_decimals = 1"), as: Told.self)
            #expect(
                told.map(\.t) == [
                    #"["2024-06-10 12:00:00.000", "1969-12-31", "view", "-0.0000000001", "#
                        + #""https:\/\/example.org\/0?q=%20", {"":[],"a":[1,2]}, {"name":null,"at":[0,0.1]}, [], 7]"#
                        + "\n",
                    #"["2024-06-10 12:00:00.125", "1970-01-01", "a\b\f'\\", "-1.0000000001", "#
                        + #""https:\/\/example.org\/1?q=%20", {"":[],"a":[1,2]}, {"name":"x","at":[1,0.1]}, "#
                        + #"[{"at":[],"name":"0"}], 7]"# + "\n",
                ])
        }
    }

    /// Rows that come one after another, and how many were asked for.
    struct Arriving: AsyncSequence, Sendable {
        let count: Int

        struct Iterator: AsyncIteratorProtocol {
            var next = 0
            let count: Int

            mutating func next() async throws -> Number? {
                guard next < count else { return nil }
                defer { next += 1 }
                await Task.yield()
                return Number(n: UInt64(next))
            }
        }

        func makeAsyncIterator() -> Iterator { Iterator(count: count) }
    }

    struct Number: Codable, Equatable { let n: UInt64 }

    @Test("A sequence of rows is inserted as it comes", arguments: [0, 1, 5000])
    func arriving(count: Int) async throws {
        try await LiveServer.withClient { client in
            let table = "arriving_\(count)"
            try await client.execute(ClickHouseQuery(unescaped: "CREATE TABLE \(table) (n UInt64) ENGINE = Memory"))
            try await client.insert(into: table, Arriving(count: count), batch: RowBatchSize(rows: 700))
            let rows = try await client.rows(
                ClickHouseQuery(unescaped: "SELECT n FROM \(table) ORDER BY n"), as: Number.self)
            #expect(rows == (0..<UInt64(count)).map { Number(n: $0) })
        }
    }

    @Test("A row that does not suit is refused by column, type and value, and the client goes on")
    func refused() async throws {
        try await LiveServer.withClient { client in
            try await client.execute("CREATE TABLE narrow (n UInt8, other String) ENGINE = Memory")
            let error = await #expect(throws: ClickHouseError.self) {
                try await client.insert(into: "narrow", [Number(n: 1), Number(n: 300)])
            }
            #expect(error?.code == .mismatch)
            #expect(error?.message == "column `n`: 300 is not exactly any UInt8")
            try await client.insert(into: "narrow", [Number(n: 1)])
            #expect(try await client.rows("SELECT n FROM narrow", as: UInt64.self) == [1])
        }
    }
}
