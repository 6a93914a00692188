import ClickHouseClient
import ClickHouseProtocol
import Synchronization
import Testing
import Transport

/// What a program of the main actor, and one of an actor of its own, asks: every call of the client, with state of the actor
/// changed in the closures.
@Suite("Calls may come from any actor", .enabled(if: LiveServer.isAvailable, LiveServer.notAvailable))
struct AnyActorTests {
    struct Row: Decodable, Sendable {
        let n: UInt64
        let s: String
    }

    @MainActor
    final class Program {
        var blocks = 0
        var sum: UInt64 = 0

        func run(_ client: ClickHouseClient, table: String) async throws {
            try await client.ping()
            try await client.execute(
                ClickHouseQuery(unescaped: "CREATE TABLE \(table) (n UInt64, s String) ENGINE = Memory"))
            let block = try Block([
                Column(name: "n", type: .uint64, data: .uint64([1, 2, 3])),
                Column(name: "s", type: .string, data: .string(["a", "b", "c"])),
            ])
            try await client.insert(into: table, block)
            try await client.insert(into: table, columns: ["n"]) { insert in
                MainActor.assertIsolated()
                blocks += insert.sample.columns.count
                try await insert.write(try Block([Column(name: "n", type: .uint64, data: .uint64([10]))]))
                MainActor.assertIsolated()
            }
            #expect(blocks == 1)
            let query = ClickHouseQuery(unescaped: "SELECT n, s FROM \(table) ORDER BY n")
            try await client.query(query) { result in
                for try await block in result {
                    MainActor.assertIsolated()
                    blocks += block.rowCount
                }
                #expect(result.header?.columns.count == 2)
            }
            #expect(blocks == 5)
            try await client.query(query) { result in
                for try await row in result.rows(as: Row.self) { sum += row.n }
            }
            for try await row in try await client.query(query, as: Row.self) { sum += row.n }
            for try await block in try await client.query(query) { blocks += block.rowCount }
            #expect(sum == 32)
            #expect(blocks == 9)
            #expect(try await client.blocks(query).count > 0)
            #expect(try await client.rows(query, as: Row.self).map(\.s) == ["a", "b", "c", ""])
            try await client.withConnection { connection in
                try await connection.ping()
                try await connection.execute("CREATE TEMPORARY TABLE mine (n UInt64)")
                try await connection.insert(into: "mine", try Block([block.columns[0]]))
                try await connection.insert(into: "mine") { insert in
                    try await insert.write(try Block([block.columns[0]]))
                    blocks += 1
                }
                try await connection.query("SELECT n FROM mine") { result in
                    let rows = try await result.collect().reduce(0) { $0 + $1.rowCount }
                    #expect(rows == 6)
                    // Whatever is asked in the middle of a query is an error.
                    let error = await #expect(throws: ClickHouseError.self) {
                        try await connection.query("SELECT 1") { first in
                            _ = try await first.next()
                            try await connection.execute("SELECT 2")
                        }
                    }
                    #expect(error?.code == .connectionInUse)
                    blocks += 1
                }
            }
            #expect(blocks == 11)
            // Errors come as they do elsewhere, and results may be left in the middle.
            let error = await #expect(throws: ClickHouseError.self) {
                try await client.query("SELECT throwIf(number = 3) FROM numbers(10)") { _ = try await $0.collect() }
            }
            #expect(error?.serverCode == 395)
            try await client.query("SELECT number FROM system.numbers") { _ = try await $0.next() }
            try await client.execute(ClickHouseQuery(unescaped: "DROP TABLE \(table)"))
            await client.close()
        }
    }

    @Test("The main actor")
    @MainActor
    func mainActor() async throws {
        try await LiveServer.withClient(loops: 2) { client in
            try await Program().run(client, table: "any_actor_main")
        }
    }

    private actor Reader {
        var sum: UInt64 = 0

        func read(_ client: ClickHouseClient) async throws -> UInt64 {
            try await client.query("SELECT number FROM numbers(1000)") { result in
                while let block = try await result.next() {
                    guard case .uint64(let numbers) = block.columns[0].data else { continue }
                    sum += numbers.reduce(0, +)
                }
            }
            return sum
        }
    }

    @Test("An actor of its own, and several at once")
    func actors() async throws {
        try await LiveServer.withClient(loops: 2) { client in
            try await withThrowingTaskGroup(of: UInt64.self) { group in
                for _ in 0..<16 { group.addTask { try await Reader().read(client) } }
                for try await sum in group { #expect(sum == 499_500) }
            }
        }
    }

    @Test("Code of no actor runs its closures on the client's loop, without a hop")
    func noActor() async throws {
        try await LiveServer.withClient { client in
            try await client.query("SELECT number FROM numbers(10)") { result in
                #expect(EventLoop.current != nil)
                _ = try await result.collect()
                #expect(EventLoop.current != nil)
            }
        }
    }
}
