// Inserts rows and reads them back, as structures and as columns, on the ClickHouse at CLICKHOUSE_HOST and
// CLICKHOUSE_PORT (localhost, 9000).
import ClickHouseClient
import ClickHouseProtocol
import Foundation
import Transport

struct Visit: Codable {
    let page: String
    let seconds: Double
}

func example() async throws {
    let environment = ProcessInfo.processInfo.environment
    let host = environment["CLICKHOUSE_HOST"] ?? "localhost"
    let port = environment["CLICKHOUSE_PORT"].flatMap { Int($0) } ?? 9000
    let group = try EventLoopGroup()
    // A pool of connections on each loop, made when they are needed.
    let client = ClickHouseClient(ClickHouseConfiguration(.tcp(host: host, port: port)), on: group)

    try await client.execute(
        "CREATE TABLE IF NOT EXISTS visits (page LowCardinality(String), seconds Float64) ENGINE = MergeTree ORDER BY page"
    )

    // A block has a column of values for each column of the table; its names and types are checked before anything is sent.
    let block = try Block([
        Column(name: "page", type: .string, data: .string(["/", "/docs", "/"])),
        Column(name: "seconds", type: .float64, data: .float64([1.5, 40, 3])),
    ])
    try await client.insert(into: "visits", block)

    // Rows are as easily inserted: each property into the column of its name.
    let visits = [Visit(page: "/", seconds: 1.5), Visit(page: "/docs", seconds: 40)]
    try await client.insert(into: "visits", visits)

    // Values go to the server beside the text, never inside it.
    let least = 1.0
    for try await visit in try await client.query(
        "SELECT page, seconds FROM visits WHERE seconds > \(least) ORDER BY seconds", as: Visit.self)
    {
        print("\(visit.page): \(visit.seconds) s")
    }

    // Large results come block by block, and no faster than they are read.
    var sum: UInt64 = 0
    for try await block in try await client.query("SELECT number FROM system.numbers LIMIT 1000000") {
        guard case .uint64(let numbers)? = block["number"]?.data else { continue }
        sum = numbers.reduce(sum, &+)
    }
    print("the sum of a million numbers is \(sum)")

    await client.close()
    await group.shutdown()
}

try await example()
