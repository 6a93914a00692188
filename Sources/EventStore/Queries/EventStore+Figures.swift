import ClickHouseClient
public import Telemetry
import Transport

extension EventStore {
    /// Shows how many connections to ClickHouse there are, once a second, until the task is cancelled or the loop ends.
    ///
    /// - Parameter label: tells it from other stores of the process.
    public func showConnections(in registry: MetricsRegistry, label: String) async throws {
        func gauge(_ state: String) -> Gauge {
            registry.gauge(
                "clickhouse_connections", help: "connections to ClickHouse, and callers that wait for one",
                labels: [("loop", label), ("state", state)])
        }
        let (inUse, idle, waiting) = (gauge("in_use"), gauge("idle"), gauge("waited_for"))
        while true {
            let counts = await client.connections
            inUse.set(counts.inUse)
            idle.set(counts.idle)
            waiting.set(counts.waiting)
            try await loop.run { try await self.loop.sleep(for: .seconds(1)) }
        }
    }
}
