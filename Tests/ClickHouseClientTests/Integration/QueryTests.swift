import Bytes
import ClickHouseClient
import ClickHouseProtocol
import Testing
import Transport

@Suite("Queries, against a real server", .enabled(if: LiveServer.isAvailable, LiveServer.notAvailable))
struct QueryTests {
    static let revisions = [
        Revision(rawValue: 54_458), Revision(rawValue: 54_459), .clickHouse243, Revision(rawValue: 54_470),
        Revision(rawValue: 54_475), Revision(rawValue: 54_481), Revision(rawValue: 54_485), Revision(rawValue: 54_491),
        .newest,
    ]

    @Test(
        "Says hello, pings and answers a query in every dialect", arguments: revisions,
        ClickHouseConfiguration.Compression.allCases)
    func dialects(revision: Revision, compression: ClickHouseConfiguration.Compression) async throws {
        try await LiveServer.withClient {
            $0.revision = revision
            $0.compression = compression
        } _: { client in
            try await client.ping()
            let blocks = try await client.blocks(
                "SELECT number, toString(number) AS text, toLowCardinality(text) AS low, [number] AS list FROM numbers(3)"
            )
            #expect(blocks.count == 1)
            let block = try #require(blocks.first)
            #expect(block.columns.map(\.name) == ["number", "text", "low", "list"])
            #expect(block.columns[0].data == .uint64([0, 1, 2]))
            #expect(block.columns[1].data == .string(["0", "1", "2"]))
            #expect(block.columns[3].data == .array(ArrayColumn(ends: [1, 2, 3], values: .uint64([0, 1, 2]))))
            guard case .lowCardinality(let low) = block.columns[2].data else {
                Issue.record("not LowCardinality: \(block.columns[2].data)")
                return
            }
            #expect((0..<3).map { low.strings?.text(Int(low.indexes[$0])) } == ["0", "1", "2"])
        }
    }

    @Test("Binds parameters of any text")
    func parameters() async throws {
        try await LiveServer.withClient { client in
            let nasty = "it's a \\ tab\t newline\n \u{0} ünï"
            let id = ClickHouseUUID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)
            let blocks = try await client.blocks(
                ClickHouseQuery(
                    "SELECT {a:String} AS a, {b:Int64} AS b, {c:UUID} AS c, {d:Array(String)} AS d, {e:Nullable(String)} AS e",
                    parameters: [
                        QueryParameter("a", .string(nasty)), QueryParameter("b", .int(-5)),
                        QueryParameter("c", .uuid(id)),
                        QueryParameter("d", .array([.string(nasty), .string("")])), QueryParameter("e", .null),
                    ]))
            let block = try #require(blocks.first)
            #expect(block.columns[0].data == .string([nasty]))
            #expect(block.columns[1].data == .int64([-5]))
            #expect(block.columns[2].data == .uuid([id]))
            #expect(block.columns[3].data == .array(ArrayColumn(ends: [2], values: .string([nasty, ""]))))
            #expect(block.columns[4].data == .nullable(NullableColumn(nulls: [1], values: .string([""]))))
        }
    }

    @Test("Tells the server's error as it is, and goes on with the same connection")
    func serverError() async throws {
        try await LiveServer.withClient { client in
            try await client.withConnection { connection in
                let error = await #expect(throws: ClickHouseError.self) {
                    try await connection.execute("SELECT * FROM no_such_table")
                }
                #expect(error?.code == .server)
                #expect(error?.serverCode == 60)
                #expect(error?.serverCodeName == "UNKNOWN_TABLE")
                #expect(error?.queryID != nil)
                #expect(error?.isRetriable == false)
                try await connection.ping()
            }
        }
    }

    @Test("An error in the middle of a result comes behind the blocks before it")
    func errorInTheMiddle() async throws {
        try await LiveServer.withClient { client in
            var rows = 0
            let error = await #expect(throws: ClickHouseError.self) {
                try await client.query(
                    ClickHouseQuery(
                        "SELECT throwIf(number = 5000) FROM numbers(10000)",
                        settings: [Setting("max_block_size", "1000"), Setting("max_threads", "1")])
                ) { result in
                    while let block = try await result.next() { rows += block.rowCount }
                }
            }
            #expect(error?.serverCode == 395)
            #expect(rows <= 5000)
        }
    }

    @Test("External tables are there for one query")
    func externalTables() async throws {
        try await LiveServer.withClient { client in
            var query: ClickHouseQuery = "SELECT count(), sum(id) FROM ids WHERE id IN (SELECT id FROM more)"
            let ids = try Block([Column(name: "id", type: .uint64, data: .uint64(Array(0..<10_000)))])
            let more = try Block([Column(name: "id", type: .uint64, data: .uint64([1, 2, 20_000]))])
            query.externalTables = [.init("ids", ids), .init("more", more)]
            let block = try #require(try await client.blocks(query).first)
            #expect(block.columns[0].data == .uint64([2]))
            #expect(block.columns[1].data == .uint64([3]))
        }
    }

    @Test("Totals, extremes, progress and counters come beside the rows")
    func sidePackets() async throws {
        try await LiveServer.withClient { client in
            let summary = try await client.query(
                ClickHouseQuery(
                    "SELECT number % 3 AS k, count() AS c FROM numbers(10) GROUP BY k WITH TOTALS ORDER BY k LIMIT 2",
                    settings: [Setting("extremes", "1")])
            ) { result in
                let blocks = try await result.collect()
                #expect(blocks.first?.columns[1].data == .uint64([4, 3]))
                #expect(result.totals?.columns[1].data == .uint64([10]))
                #expect(result.extremes?.rowCount == 2)
                return result.summary
            }
            #expect(summary.progress.readRows == 10)
            #expect(summary.profile?.appliedLimit == true)
            #expect(summary.profile?.rowsBeforeLimit == 3)
        }
    }

    @Test("A result that is left in the middle is cancelled, and the connection serves the next query")
    func leftInTheMiddle() async throws {
        try await LiveServer.withClient {
            $0.connectionsPerLoop = 1
        } _: { client in
            for _ in 0..<3 {
                let first = try await client.query("SELECT number FROM numbers(1000000000)") { try await $0.next() }
                #expect((first?.rowCount ?? 0) > 0)
            }
            let one = try await client.blocks("SELECT 1")
            #expect(one.first?.rowCount == 1)
        }
    }

    @Test("A type that is not read is named")
    func unknownType() async throws {
        try await LiveServer.withClient { client in
            let error = await #expect(throws: ClickHouseError.self) {
                try await client.blocks("SELECT uniqState(number) AS state FROM numbers(3)")
            }
            #expect(error?.code == .protocolViolation)
            #expect(error?.message.contains("AggregateFunction(uniq, UInt64)") == true)
            #expect(error?.message.contains("`state`") == true)
            let one = try await client.blocks("SELECT 1")
            #expect(one.first?.rowCount == 1)
        }
    }

    @Test("What takes no closure may be called from an actor")
    @MainActor
    func fromAnActor() async throws {
        let configuration = try await LiveServer.configuration()
        let group = try EventLoopGroup(loops: 1)
        let client = ClickHouseClient(configuration, on: group)
        try await client.ping()
        try await client.execute("SELECT 1")
        let one = try await client.rows("SELECT 1", as: Int.self)
        #expect(one == [1])
        await client.close()
        await group.shutdown()
    }
}
