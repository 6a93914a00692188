import Bytes
import ClickHouseClient
import ClickHouseProtocol
import Testing

@Suite("Inserts, against a real server", .enabled(if: LiveServer.isAvailable, LiveServer.notAvailable))
struct InsertTests {
    @Test("Rows come back as they were inserted", arguments: QueryTests.revisions)
    func roundTrip(revision: Revision) async throws {
        try await LiveServer.withClient {
            $0.revision = revision
        } _: { client in
            let table = "insert_\(revision)"
            try await client.execute(ClickHouseQuery(unescaped: "DROP TABLE IF EXISTS \(table)"))
            try await client.execute(
                ClickHouseQuery(
                    unescaped:
                        "CREATE TABLE \(table) (n UInt64, s String, l LowCardinality(String), o Nullable(Int32), a Array(Float32)) "
                        + "ENGINE = MergeTree ORDER BY n"))
            let block = try Block([
                Column(name: "n", type: .uint64, data: .uint64([1, 2, 3])),
                Column(name: "s", type: .string, data: .string(["a", "", "ccc"])),
                Column(name: "l", type: .string, data: .string(["x", "y", "x"])),
                Column(name: "o", type: .int32, data: .int32([1, 2, 3])),
                Column(
                    name: "a", type: .array(.float32),
                    data: .array(ArrayColumn(ends: [0, 2, 2], values: .float32([1, 2])))),
            ])
            try await client.insert(into: table, block)
            let read = try #require(
                try await client.blocks(ClickHouseQuery(unescaped: "SELECT * FROM \(table) ORDER BY n")).first)
            #expect(read.columns[0].data == block.columns[0].data)
            #expect(read.columns[1].data == block.columns[1].data)
            #expect(read.columns[3].data == .nullable(NullableColumn(nulls: [0, 0, 0], values: .int32([1, 2, 3]))))
            #expect(read.columns[4].data == block.columns[4].data)
            guard case .lowCardinality(let low) = read.columns[2].data else { return }
            #expect((0..<3).map { low.strings?.text(Int(low.indexes[$0])) } == ["x", "y", "x"])
        }
    }

    @Test(
        "Many rows are inserted in every compression, and come back",
        arguments: ClickHouseConfiguration.Compression.allCases)
    func compressions(compression: ClickHouseConfiguration.Compression) async throws {
        try await LiveServer.withClient {
            $0.compression = compression
        } _: { client in
            let table = "compressed_\(compression)"
            try await client.execute(
                ClickHouseQuery(unescaped: "CREATE TABLE \(table) (n UInt64, s String) ENGINE = Memory"))
            let numbers = (0..<300_000).map { UInt64($0 * $0 % 1_000_003) }
            let block = try Block([
                Column(name: "n", type: .uint64, data: .uint64(numbers)),
                Column(name: "s", type: .string, data: .string(StringColumn(numbers.map { "text \($0 % 1000)" }))),
            ])
            try await client.insert(into: table, block)
            let sums = try await client.rows(
                ClickHouseQuery(
                    unescaped: "SELECT concat(toString(sum(n)), ' ', toString(sum(sipHash64(s)))) FROM \(table)"),
                as: String.self)
            let expected = try await client.rows(
                """
                SELECT concat(toString(sum(x)), ' ', toString(sum(sipHash64('text ' || toString(x % 1000)))))
                FROM (SELECT number * number % 1000003 AS x FROM numbers(300000))
                """, as: String.self)
            #expect(sums == expected)
        }
    }

    @Test("A block that does not suit the table is refused, and the column is named")
    func mismatch() async throws {
        try await LiveServer.withClient { client in
            try await client.execute("CREATE TABLE IF NOT EXISTS mismatch (n UInt64, s String) ENGINE = Memory")
            func insert(_ columns: [Column], names: [String] = []) async -> ClickHouseError? {
                await #expect(throws: ClickHouseError.self) {
                    try await client.insert(into: "mismatch", columns: names) { insert in
                        try await insert.write(try Block(columns))
                    }
                }
            }
            let text = Column(name: "s", type: .string, data: .string(["a"]))
            var error = await insert([Column(name: "n", type: .int64, data: .int64([1])), text])
            #expect(error?.code == .mismatch)
            #expect(error?.message == "column `n`: Int64 values do not fit the type UInt64")
            error = await insert([text])
            #expect(error?.message == "column `n` is missing: the table has it as UInt64")
            error = await insert([text], names: ["nope"])
            #expect(error?.serverCodeName == "NO_SUCH_COLUMN_IN_TABLE")
            let rows = try await client.blocks("SELECT * FROM mismatch")
            #expect(rows.isEmpty)
        }
    }

    @Test("What the server refuses in the middle is told as its error")
    func refusedInTheMiddle() async throws {
        try await LiveServer.withClient { client in
            try await client.execute(
                "CREATE TABLE IF NOT EXISTS refusing (n UInt64, CONSTRAINT small CHECK n < 10) ENGINE = Memory")
            let error = await #expect(throws: ClickHouseError.self) {
                try await client.insert(into: "refusing") { insert in
                    for _ in 0..<200 {
                        try await insert.write(
                            try Block([Column(name: "n", type: .uint64, data: .uint64(Array(0..<100_000)))]))
                    }
                }
            }
            #expect(error?.serverCode == 469)
            let one = try await client.blocks("SELECT 1")
            #expect(one.count == 1)
        }
    }
}
