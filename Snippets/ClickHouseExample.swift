// Inserts rows and reads them back, as structures and as columns, on the ClickHouse at CLICKHOUSE_HOST and
// CLICKHOUSE_PORT (localhost, 9000).
import ClickHouseClient
import ClickHouseProtocol
import Foundation
import Transport

struct Visit: Decodable {
    let page: String
    let seconds: Double
}

/// Off the main actor: the closures that the client calls run on its event loops.
@concurrent
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

    // Values go to the server beside the text, never inside it.
    let query = ClickHouseQuery(
        "SELECT page, seconds FROM visits WHERE seconds > {least:Float64} ORDER BY seconds",
        parameters: [QueryParameter("least", .string("1"))])
    for visit in try await client.rows(query, as: Visit.self) {
        print("\(visit.page): \(visit.seconds) s")
    }

    // Large results come block by block, and no faster than they are read.
    try await client.query("SELECT number FROM system.numbers LIMIT 1000000") { result in
        var sum: UInt64 = 0
        while let block = try await result.next() {
            guard case .uint64(let numbers)? = block["number"]?.data else { continue }
            sum = numbers.reduce(sum, &+)
        }
        print("the sum of a million numbers is \(sum)")
    }

    await client.close()
    await group.shutdown()
}

try await example()
