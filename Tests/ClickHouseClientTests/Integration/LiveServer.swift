import ClickHouseClient
import ClickHouseProtocol
import Glibc
import TestSupport
import Testing
import Transport

/// A real ClickHouse for the tests: the one that CLICKHOUSE_HOST names, else one that Scripts/clickhouse-server runs.
enum LiveServer {
    static let isAvailable = externalHost != nil || ScriptedServer.isAvailable("clickhouse-server")

    static let notAvailable: Comment =
        "there is no ClickHouse to run: `Scripts/setup clickhouse` gets one, or CLICKHOUSE_HOST names one"

    private static var externalHost: String? { getenv("CLICKHOUSE_HOST").map { String(cString: $0) } }

    /// A user of the server that Scripts/clickhouse-server runs, who may only read.
    static let reader = "reader"
    static var hasReader: Bool { isAvailable && externalHost == nil }

    private static let shared = Task {
        try await ScriptedServer.start("clickhouse-server", ["--json", "--stop-at-eof", "--reader", reader])
    }

    /// A server of a test's own, to be killed and paused.
    static func own() async throws -> ScriptedServer {
        try await ScriptedServer.start("clickhouse-server", ["--json", "--stop-at-eof"])
    }

    static func configuration() async throws -> ClickHouseConfiguration {
        if let externalHost {
            let port = getenv("CLICKHOUSE_PORT").flatMap { Int(String(cString: $0)) } ?? 9000
            return ClickHouseConfiguration(.tcp(host: externalHost, port: port))
        }
        return ClickHouseConfiguration(.tcp(host: "127.0.0.1", port: try await shared.value.port))
    }

    /// Runs `body` with a client of the shared server, on loops of its own.
    static func withClient(
        loops: Int = 1, _ change: (inout ClickHouseConfiguration) -> Void = { _ in },
        _ body: (ClickHouseClient) async throws -> Void
    ) async throws {
        var configuration = try await configuration()
        change(&configuration)
        let group = try EventLoopGroup(loops: loops)
        let client = ClickHouseClient(configuration, on: group)
        do {
            try await body(client)
        } catch {
            await client.close()
            await group.shutdown()
            throw error
        }
        await client.close()
        await group.shutdown()
    }
}
