import ClickHouseClient
import ClickHouseProtocol
import TestSupport
import Testing
import Transport

@Suite(
    "A session that is cut or damaged, before a real server",
    .enabled(if: LiveServer.isAvailable, LiveServer.notAvailable), .timeLimit(.minutes(10)))
struct CutStreamTests {
    /// What became of a session.
    private enum Outcome {
        case done
        case failed(ClickHouseError)
    }

    @Test(
        "Cut at any byte, in either direction: an error that tells whether the row may be there, and the pool recovers",
        arguments: [FaultProxy.Direction.toServer, .toClient])
    func cut(direction: FaultProxy.Direction) async throws {
        let table = "cut_\(direction)"
        try await LiveServer.withClient { direct in
            try await direct.execute("CREATE TABLE \(identifier: table) (n Int64) ENGINE = Memory")
            try await withProxy { proxy, configuration, group in
                for place in 0... {
                    proxy.set([.cut(direction, after: place)])
                    let outcome = try await session(configuration, on: group, table: table, Int64(place))
                    let found = try await direct.rows(
                        "SELECT count() FROM \(identifier: table) WHERE n = \(place)", as: Int.self)
                    switch outcome {
                    case .done:
                        #expect(found == [1])
                        // The session is shorter than that.
                        if place > 300 { return }
                    case .failed(let error):
                        #expect(error.code == .connectionLost || error.code == .connect, "byte \(place): \(error)")
                        #expect(error.isRetriable == !error.isOutcomeUnknown, "byte \(place): \(error)")
                        if !error.isOutcomeUnknown { #expect(found == [0], "byte \(place): \(error)") }
                    }
                }
            }
        }
    }

    @Test("A byte that was damaged on its way to the client: an error or another value, and the pool recovers")
    func damaged() async throws {
        let table = "damaged"
        try await LiveServer.withClient { direct in
            try await direct.execute("CREATE TABLE \(identifier: table) (n Int64) ENGINE = Memory")
            try await withProxy { proxy, configuration, group in
                for place in stride(from: 0, to: 900, by: 13) {
                    proxy.set([.damage(.toClient, at: place)])
                    _ = try await session(
                        configuration, on: group, table: table, Int64(place), deadline: .milliseconds(300))
                }
            }
        }
    }

    private func withProxy(
        _ body: (FaultProxy, ClickHouseConfiguration, EventLoopGroup) async throws -> Void
    ) async throws {
        let target = try await LiveServer.configuration()
        let group = try EventLoopGroup(loops: 1)
        let proxy = try FaultProxy(to: target.endpoints[0], on: group)
        var configuration = target
        configuration.endpoints = [proxy.endpoint]
        configuration.connectionsPerLoop = 1
        configuration.firstBackOff = .milliseconds(1)
        configuration.longestBackOff = .milliseconds(1)
        configuration.settings = [Setting("send_profile_events", "0", isImportant: false)]
        let running = Task { try await proxy.run() }
        do {
            try await body(proxy, configuration, group)
        } catch {
            proxy.stop()
            _ = try? await running.value
            await group.shutdown()
            throw error
        }
        proxy.stop()
        try await running.value
        await group.shutdown()
    }

    /// Inserts a row and asks for one. Whatever became of it, the same client asks again afterwards, and is answered.
    private func session(
        _ configuration: ClickHouseConfiguration, on group: EventLoopGroup, table: String, _ number: Int64,
        deadline: Duration = .seconds(60)
    ) async throws -> Outcome {
        let client = ClickHouseClient(configuration, on: group)
        var outcome = Outcome.done
        do {
            try await client.insert(
                into: table, try Block([Column(name: "n", type: .int64, data: .int64([number]))]),
                options: ClickHouseQuery("", deadline: .after(deadline)))
        } catch let error as ClickHouseError {
            outcome = .failed(error)
        }
        let recovery = Deadline.after(.seconds(60))
        while true {
            do {
                // A new connection is as it should be, and may take its time on a loaded machine.
                let rows = try await client.rows(
                    ClickHouseQuery("SELECT \(number)", deadline: .after(max(deadline, .seconds(5)))), as: Int64.self)
                // A damaged byte may be one of the answer's.
                if rows == [number] { break }
            } catch let error as ClickHouseError {
                guard !recovery.hasPassed else { throw error }
            }
        }
        await client.close()
        return outcome
    }
}
