// Inserts and selects what ../shared/bench's clickhouse-peer does with ClickHouse's own C++ client, in its tables: one line of
// JSON on standard output. `Benchmarks/clickhouse/run` runs both in turn.
//
//     clickhouse-benchmark insert-null|insert-events|select-events|select-numbers blocks|rows HOST:PORT ROWS lz4|zstd|none
//
// An insert reads blocks of 65,000 rows from memory, as the peer does from a file, and sends them; a select reads and decodes
// all that comes. With `rows`, structures are encoded and decoded in place of blocks.

import Bytes
import ClickHouseClient
import ClickHouseProtocol
import Foundation
import Transport

struct Event: Codable, Sendable {
    var id: ClickHouseUUID
    var conversation: String
    var metadata: String
    var name: String
    var error: String
    var latency: Double
    var input: String
    var output: String
    var inputEmbeddings: [Float]
    var outputEmbeddings: [Float]
    var createdAt: Int64
    var updatedAt: Int64
    var isDeleted: UInt8
    var version: UInt64

    enum CodingKeys: String, CodingKey {
        case id, error, latency, input, output, version
        case conversation = "conversation_id"
        case metadata = "conversation_metadata"
        case name = "event_name"
        case inputEmbeddings = "input_embeddings"
        case outputEmbeddings = "output_embeddings"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case isDeleted = "is_deleted"
    }
}

struct Benchmark {
    let work: String
    let asRows: Bool
    let rows: Int
    let compression: String
    let client: ClickHouseClient

    static let columns = """
        id, conversation_id, conversation_metadata, event_name, error, latency, input, output, input_embeddings, \
        output_embeddings, created_at, updated_at, is_deleted, version
        """

    func run() async throws {
        switch work {
        case "select-numbers":
            try await select(ClickHouseQuery("SELECT number FROM numbers(\(rows))"), UInt64.self)
        case "select-events":
            try await select(ClickHouseQuery("SELECT \(unescaped: Self.columns) FROM bench.events"), Event.self)
        case "insert-null": try await insert(into: "bench.events_null")
        case "insert-events": try await insert(into: "bench.events")
        default: throw Failure("no such work: \(work)")
        }
    }

    private func select<Row: Decodable>(_ query: ClickHouseQuery, _ type: Row.Type) async throws {
        // The connection is there before the clock starts; the peer's start is taken off, too.
        try await client.ping()
        let measure = Measure()
        var count = 0
        if asRows {
            try await client.query(query) { result in
                for try await _ in result.rows(as: type) { count += 1 }
            }
        } else {
            try await client.query(query) { result in
                while let block = try await result.next() { count += block.rowCount }
            }
        }
        try report(measure, count)
    }

    /// The rows are those that the peer has stored, in its order, as it gave them: they are asked for before the clock starts.
    private func insert(into table: String) async throws {
        let revision = Revision.newest
        var blocks: [[UInt8]] = []
        var events: [Event] = []
        let source = ClickHouseQuery(
            "SELECT \(unescaped: Self.columns) FROM bench.events_source",
            settings: [Setting("max_block_size", "65000"), Setting("max_threads", "1")])
        try await client.query(source) { result in
            while let block = try await result.next() {
                if asRows {
                    events += try block.rows(as: Event.self)
                } else {
                    var writer = ByteWriter()
                    try DataPacket.encode(block, compressor: nil, revision: revision, into: &writer)
                    // A client's block is number 2, a server's 1.
                    var bytes = writer.finish().array
                    bytes[0] = 1
                    blocks.append(bytes)
                }
            }
        }
        let rows = events
        let measure = Measure()
        var sent = 0
        if asRows {
            try await client.insert(into: table, rows)
            sent = rows.count
        } else {
            try await client.insert(into: table) { insert in
                let buffer = ReceiveBuffer()
                for bytes in blocks {
                    var decoder = ServerPacketDecoder(offered: revision)
                    buffer.append(bytes.span.bytes)
                    guard case .packet(.data(let block)) = try decoder.next(from: buffer) else {
                        throw Failure("a block is not whole")
                    }
                    try await insert.write(block)
                    sent += block.rowCount
                }
            }
        }
        try report(measure, sent)
    }

    private func report(_ measure: Measure, _ count: Int) throws {
        let (seconds, cpu, peak) = measure.end()
        guard count == rows else { throw Failure("\(count) rows, not \(rows)") }
        print(
            """
            {"program":"ClickHouseClient","work":"\(work)","as":"\(asRows ? "rows" : "blocks")","rows":\(rows),\
            "seconds":\(seconds),"per_second":\(Int(Double(rows) / seconds)),"cpu_seconds":\(cpu),\
            "peak_rss_bytes":\(peak),"settings":{"compression":"\(compression)"}}
            """)
    }
}

/// What a piece of work takes.
struct Measure {
    private let start = ContinuousClock.now
    private let cpu = Self.usage().cpu

    func end() -> (seconds: Double, cpu: Double, peak: Int) {
        let now = Self.usage()
        return ((ContinuousClock.now - start) / .seconds(1), now.cpu - cpu, now.peak)
    }

    private static func usage() -> (cpu: Double, peak: Int) {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
        return (Double(seconds) + Double(microseconds) / 1e6, usage.ru_maxrss * 1024)
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

let arguments = CommandLine.arguments
guard arguments.count == 6, let rows = Int(arguments[4]) else {
    FileHandle.standardError.write(
        Data("usage: clickhouse-benchmark WORK blocks|rows HOST:PORT ROWS lz4|zstd|none\n".utf8))
    exit(2)
}
var configuration = ClickHouseConfiguration(try Endpoint.parse(arguments[3]))
configuration.compression =
    switch arguments[5] {
    case "none": .none
    case "zstd": .zstd
    default: .lz4
    }
let group = try EventLoopGroup(loops: 1)
let client = ClickHouseClient(configuration, on: group)
let benchmark = Benchmark(
    work: arguments[1], asRows: arguments[2] == "rows", rows: rows, compression: arguments[5], client: client)
// As a program of no actor has it: on the loop.
try await group.loops[0].run { @concurrent in try await benchmark.run() }
await client.close()
await group.shutdown()
