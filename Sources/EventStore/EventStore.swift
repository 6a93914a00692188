import ClickHouseClient
import ClickHouseProtocol
public import Transport

/// The events in ClickHouse: what the API reads, and what the consumer looks up and writes.
///
/// It belongs to one event loop, and makes its connections when they are needed.
public final class EventStore: Sendable {
    let configuration: EventStoreConfiguration
    let client: ClickHouseClient
    /// Asks for what is read as slowly as its readers like: they take no connection from the others.
    let streaming: ClickHouseClient
    /// Asks how ClickHouse is, whatever the others are doing.
    let probe: ClickHouseClient
    let loop: EventLoop
    /// How many results are being read as slowly as their readers like.
    let streams: LoopBound<Int>

    /// Makes a store; nothing is connected yet.
    public init(_ configuration: EventStoreConfiguration, on loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
        streams = LoopBound(0, on: loop)
        client = ClickHouseClient(Self.clientConfiguration(configuration), on: loop)
        streaming = ClickHouseClient(Self.streamingConfiguration(configuration), on: loop)
        probe = ClickHouseClient(Self.probeConfiguration(configuration), on: loop)
    }

    /// Closes the connections.
    public func close() async {
        await client.close()
        await streaming.close()
        await probe.close()
    }

    private static func streamingConfiguration(_ configuration: EventStoreConfiguration) -> ClickHouseConfiguration {
        var client = clientConfiguration(configuration)
        client.connectionsPerLoop = configuration.streamsPerLoop
        return client
    }

    static func clientConfiguration(
        _ configuration: EventStoreConfiguration, database: String? = nil
    ) -> ClickHouseConfiguration {
        var client = ClickHouseConfiguration()
        if !configuration.endpoints.isEmpty { client.endpoints = configuration.endpoints }
        client.connect.tls = configuration.tls
        client.clientName = "event-analytics"
        client.database = database ?? configuration.database
        client.user = configuration.user
        client.password = configuration.password
        client.connectionsPerLoop = configuration.connectionsPerLoop
        client.connect.connectTimeout = .seconds(5)
        client.acquireTimeout = .seconds(5)
        client.settings = [
            // A row that was acknowledged is in its table.
            Setting("async_insert", "0"),
            Setting("max_memory_usage", String(configuration.queryMemory)),
            // What does not fit goes to the disk, before the bound ends the query.
            Setting("max_bytes_before_external_group_by", String(configuration.queryMemory / 2)),
            Setting("max_bytes_before_external_sort", String(configuration.queryMemory / 2)),
            // All rows of an event are in one partition: its month never changes.
            Setting("do_not_merge_across_partitions_select_final", "1"),
        ]
        return client
    }

    /// A query of the API.
    func read(_ text: String, _ parameters: [QueryParameter]) -> ClickHouseQuery {
        var query = ClickHouseQuery(
            unescaped: text, parameters: parameters, deadline: .after(configuration.readTimeout))
        // The server gives up by itself, too, where it does not hear that nobody waits any more.
        query.settings = [Setting("max_execution_time", String(configuration.readTimeout.components.seconds))]
        return query
    }

    /// A query of the API whose result may be read slowly: the server is given up where it is silent, not its reader.
    func stream(_ text: String, _ parameters: [QueryParameter]) -> ClickHouseQuery {
        var query = ClickHouseQuery(
            unescaped: text, parameters: parameters, deadline: .after(configuration.streamTimeout))
        query.packetTimeout = configuration.readTimeout
        query.settings = [Setting("max_execution_time", String(configuration.streamTimeout.components.seconds))]
        return query
    }

    /// A query of the consumer.
    func lookUp(_ text: String, _ table: String, _ block: Block) -> ClickHouseQuery {
        var query = ClickHouseQuery(unescaped: text, deadline: .after(configuration.writeTimeout))
        query.externalTables = [.init(table, block)]
        return query
    }

    /// Runs what may fail as ClickHouse's client does.
    @discardableResult
    func asking<Value>(_ body: () async throws -> Value) async throws(EventStoreError) -> Value {
        do {
            return try await body()
        } catch {
            throw EventStoreError(error)
        }
    }
}
