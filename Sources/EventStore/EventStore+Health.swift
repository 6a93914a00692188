import ClickHouseClient
import ClickHouseProtocol
import Transport

extension EventStore {
    /// What is wrong with ClickHouse, if anything is: cheap enough to be asked every second. It has a connection of its own,
    /// so that it waits for no query, and ends after the configuration's `probeTimeout` at the latest.
    ///
    /// - Returns: nil where ClickHouse answers and the schema is as it should be; `.unavailable` where it cannot be reached,
    ///   `.timeout` where it is there but does not answer, `.busy` where it takes no more queries, `.schema` where steps are
    ///   missing or it is not this program's.
    public func problem() async -> EventStoreError? {
        var query = ClickHouseQuery(unescaped: Self.appliedSteps, deadline: .after(configuration.probeTimeout))
        query.settings = [Setting("max_execution_time", String(max(configuration.probeTimeout.components.seconds, 1)))]
        do {
            let missing = try SchemaState(try await probe.blocks(query)).missing()
            return missing.isEmpty ? nil : .missing(missing)
        } catch let error as ClickHouseError where error.code == .poolExhausted {
            // The probes before this one still wait.
            return EventStoreError(
                .timeout, "\(configuration.servers): ClickHouse did not answer within \(configuration.probeTimeout)")
        } catch {
            return EventStoreError(error)
        }
    }

    static func probeConfiguration(_ configuration: EventStoreConfiguration) -> ClickHouseConfiguration {
        var client = clientConfiguration(configuration)
        client.connectionsPerLoop = 1
        client.connect.connectTimeout = configuration.probeTimeout
        client.acquireTimeout = configuration.probeTimeout
        // One that was idle for longer is asked at once, rather than twice.
        client.idleCheck = .seconds(3600)
        return client
    }
}
