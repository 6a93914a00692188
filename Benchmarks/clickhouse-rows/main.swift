import ClickHouseClient
import ClickHouseProtocol
import Foundation
import Transport

// How fast rows are beside blocks: `clickhouse-rows-benchmark HOST PORT [ROWS [NAME]]` selects made-up events from a server, as
// blocks and as `Decodable` rows, and inserts them into a Null table, as blocks and as `Encodable` rows. Each line is the
// best of five.

struct Visit: Codable, Sendable {
    var id: ClickHouseUUID
    var at: Int64
    var name: String
    var user: String
    var page: String
    var seconds: Double
    var count: UInt32
    var note: String?
}

struct Number: Codable, Sendable { var n: UInt64 }
struct Vector: Codable, Sendable { var v: [Float] }

@concurrent
func best(_ name: String, rows: Int, _ body: () async throws -> Void) async throws {
    if CommandLine.arguments.count > 4, !name.contains(CommandLine.arguments[4]) { return }
    var shortest = Duration.seconds(3600)
    var least = Double.infinity
    for _ in 0..<5 {
        let start = ContinuousClock.now
        let cpu = clock()
        try await body()
        shortest = min(shortest, ContinuousClock.now - start)
        least = min(least, Double(clock() - cpu) / Double(CLOCKS_PER_SEC))
    }
    let rate = Double(rows) / (shortest / .seconds(1)) / 1e6
    print(
        name.padding(toLength: 30, withPad: " ", startingAt: 0),
        String(format: "%8.2f million rows/s, %7.1f ns of CPU a row", rate, least * 1e9 / Double(rows)))
}

@concurrent
func compare<Row: Codable & Sendable>(
    _ client: ClickHouseClient, _ name: String, _ columns: String, _ rows: Int, _ type: Row.Type
) async throws {
    try await client.execute(ClickHouseQuery(unescaped: "DROP TABLE IF EXISTS rows_source"))
    try await client.execute(ClickHouseQuery(unescaped: "DROP TABLE IF EXISTS rows_sink"))
    try await client.execute(
        ClickHouseQuery(
            unescaped: "CREATE TABLE rows_source ENGINE = Memory AS SELECT \(columns) FROM numbers(\(rows))"))
    try await client.execute(ClickHouseQuery(unescaped: "CREATE TABLE rows_sink AS rows_source ENGINE = Null"))
    let select = ClickHouseQuery(unescaped: "SELECT * FROM rows_source")
    try await best("select \(name) as blocks", rows: rows) {
        try await client.query(select) { result in while try await result.next() != nil {} }
    }
    try await best("select \(name) as rows", rows: rows) {
        let count = try await client.query(select) { result in
            var count = 0
            for try await _ in result.rows(as: type) { count += 1 }
            return count
        }
        precondition(count == rows)
    }
    let blocks = try await client.blocks(select)
    try await best("decode \(name) from blocks", rows: rows) {
        for block in blocks { _ = try block.rows(as: type) }
    }
    try await best("insert \(name) as blocks", rows: rows) {
        try await client.insert(into: "rows_sink", columns: blocks[0].columns.map(\.name)) { insert in
            for block in blocks { try await insert.write(block) }
        }
    }
    let values = try blocks.flatMap { try $0.rows(as: type) }
    try await best("insert \(name) as rows", rows: rows) { try await insertRows(client, values) }
    let sample = blocks[0].withoutRows
    try await best("encode \(name) into blocks", rows: rows) { try encode(values, sample) }
}

@concurrent
func insertRows<Row: Codable & Sendable>(_ client: ClickHouseClient, _ values: [Row]) async throws {
    try await client.insert(into: "rows_sink", values)
}

func encode<Row: Codable>(_ values: [Row], _ sample: Block) throws {
    var start = 0
    while start < values.count {
        let end = min(start + 65_536, values.count)
        _ = try Block(rows: values[start..<end], like: sample)
        start = end
    }
}

@concurrent
func run() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count > 2, let port = Int(arguments[2]) else {
        print("usage: clickhouse-rows-benchmark HOST PORT [ROWS [NAME]]")
        return
    }
    let rows = arguments.count > 3 ? Int(arguments[3]) ?? 1_000_000 : 1_000_000
    let group = try EventLoopGroup(loops: 1)
    let client = ClickHouseClient(ClickHouseConfiguration(.tcp(host: arguments[1], port: port)), on: group)
    try await compare(
        client, "events",
        "generateUUIDv4() AS id, toDateTime64(number, 3) AS at, toLowCardinality(concat('event', toString(number % 20))) AS name, "
            + "concat('user-', toString(number % 100000)) AS user, concat('https://example.org/page/', toString(number % 1000)) "
            + "AS page, number / 7 AS seconds, toUInt32(number) AS count, number % 3 = 0 ? NULL : 'note' AS note", rows,
        Visit.self)
    try await compare(client, "numbers", "number AS n", rows * 5, Number.self)
    try await compare(
        client, "vectors", "arrayMap(i -> toFloat32(i + number), range(128)) AS v", rows / 10, Vector.self)
    await client.close()
    await group.shutdown()
}

try await run()
