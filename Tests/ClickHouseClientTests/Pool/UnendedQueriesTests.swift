import ClickHouseProtocol
import Synchronization
import TestSupport
import Testing
import Transport

@testable import ClickHouseClient

@Suite("Queries that were told to stop, and may not have")
struct UnendedQueriesTests {
    private let first = Endpoint.tcp(host: "a", port: 9000)
    private let second = Endpoint.tcp(host: "b", port: 9000)

    @Test("One statement for each server ends them all, whatever their ids are; then none is left")
    func statements() {
        var queries = UnendedQueries()
        #expect(queries.isEmpty)
        queries.add("1", on: first)
        queries.add("it's \\ it", on: first)
        queries.add("2", on: second)
        let taken = queries.take().sorted { $0.endpoint.description < $1.endpoint.description }
        #expect(
            taken.map(\.statement) == [
                #"KILL QUERY WHERE query_id IN ('1', 'it\'s \\ it') ASYNC"#, "KILL QUERY WHERE query_id IN ('2') ASYNC",
            ])
        #expect(queries.isEmpty)
    }

    @Test("A crowd of them is not remembered for ever")
    func bound() {
        var queries = UnendedQueries()
        for number in 0..<2 * UnendedQueries.most { queries.add("\(number)", on: first) }
        #expect(queries.take().first?.statement.split(separator: ",").count == UnendedQueries.most)
    }

    @Test("A server that goes on with a query that was told to stop is asked to kill it, over another connection")
    func killed() async throws {
        let asked = Gate()
        let connections = Atomic(0)
        let statement = Mutex("")
        try await withFakeServer { server in
            let number = connections.add(1, ordering: .relaxed).newValue
            try await server.hello()
            guard number > 1 else { return await server.hearOut() }
            let heard = try await server.hear(text: "ASYNC")
            statement.withLock { $0 = heard }
            asked.open()
            try await server.endOfStream()
            await server.hearOut()
        } change: {
            $0.drainTimeout = .milliseconds(20)
        } _: { client in
            var query: ClickHouseQuery = "SELECT 1"
            query.id = "endless"
            // However busy the machine is, the query has been sent by then.
            query.deadline = .after(.seconds(2))
            let late = query
            let error = await #expect(throws: ClickHouseError.self) { try await client.execute(late) }
            #expect(error?.code == .deadline)
            await asked.wait()
            #expect(statement.withLock { $0.contains("KILL QUERY WHERE query_id IN ('endless') ASYNC") })
        }
    }

    @Test("Where that is not wanted, or the query has ended, nobody asks")
    func spared() async throws {
        let connections = Atomic(0)
        try await withFakeServer { server in
            let number = connections.add(1, ordering: .relaxed).newValue
            try await server.hello()
            if number == 1 { return await server.hearOut() }
            while true {
                try await server.hear()
                try await server.pong()
            }
        } change: {
            $0.drainTimeout = .milliseconds(1)
            $0.killsUnendedQueries = false
        } _: { client in
            await #expect(throws: ClickHouseError.self) {
                try await client.execute(ClickHouseQuery("SELECT 1", deadline: .after(.seconds(1))))
            }
            try await client.ping()
            try await client.ping()
            #expect(connections.load(ordering: .relaxed) == 2)
        }
    }
}
