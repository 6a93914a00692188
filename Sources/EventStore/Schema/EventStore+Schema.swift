import Bytes
import ClickHouseClient
import ClickHouseProtocol
import Telemetry
import Transport

extension EventStore {
    static let log = Logger(label: "store")

    /// Brings the database to the newest schema: makes it where it is missing, and applies the steps that are. It may be
    /// done again, and by two at once.
    ///
    /// - Returns: The steps that were applied now.
    /// - Throws: `EventStoreError`, permanent where the schema is newer than this program, or another one.
    @discardableResult
    public func migrate() async throws(EventStoreError) -> [Migration] { try await migrate(to: Migration.newest) }

    func migrate(to newest: UInt32) async throws(EventStoreError) -> [Migration] {
        let system = ClickHouseClient(Self.clientConfiguration(configuration, database: "default"), on: loop)
        do throws(EventStoreError) {
            try await asking {
                try await system.execute(statement("CREATE DATABASE IF NOT EXISTS \(configuration.database)"))
            }
        } catch {
            await system.close()
            throw error
        }
        await system.close()
        try await asking { try await client.execute(statement(Migration.journal)) }
        let missing = try await schemaState().missing().filter { $0.version <= newest }
        for migration in missing {
            try await asking {
                for text in migration.statements {
                    try await client.execute(statement(text, within: migration.isLong ? Self.longStep : nil))
                }
                // Written down last: a step that was cut off is applied again.
                var query = statement(
                    "INSERT INTO schema_migrations (version, name, checksum) "
                        + "SELECT {version:UInt32}, {name:String}, {checksum:String}")
                query.parameters = [
                    QueryParameter("version", .uint(UInt64(migration.version))),
                    QueryParameter("name", .string(migration.name)),
                    QueryParameter("checksum", .string(migration.checksum)),
                ]
                try await client.execute(query)
            }
            Self.log.info("schema step applied", metadata: ["version": migration.version, "name": migration.name])
        }
        return missing
    }

    static let appliedSteps = "SELECT version, checksum FROM schema_migrations"

    func schemaState() async throws(EventStoreError) -> SchemaState {
        try await asking {
            let exists = try await client.blocks(
                statement(
                    "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'schema_migrations'"
                ))
            guard let block = exists.first, try BlockColumns(block).numbers(0).first == 1 else {
                return SchemaState(applied: [:])
            }
            return try SchemaState(try await client.blocks(statement(Self.appliedSteps)))
        }
    }

    /// How long a step that goes through all events may take.
    private static let longStep = Duration.seconds(24 * 60 * 60)

    func statement(_ text: String, within time: Duration? = nil) -> ClickHouseQuery {
        ClickHouseQuery(unescaped: text, deadline: .after(time ?? configuration.writeTimeout))
    }
}
