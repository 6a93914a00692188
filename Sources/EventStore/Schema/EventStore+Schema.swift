import Bytes
import ClickHouseClient
import ClickHouseProtocol
import Telemetry
import Transport

extension EventStore {
    private static let log = Logger(label: "store")

    /// Brings the database to the newest schema: makes it where it is missing, and applies the steps that are. It may be
    /// done again, and by two at once.
    ///
    /// - Returns: The steps that were applied now.
    /// - Throws: `EventStoreError`, permanent where the schema is newer than this program, or another one.
    @discardableResult
    public func migrate() async throws(EventStoreError) -> [Migration] {
        let system = ClickHouseClient(Self.clientConfiguration(configuration, database: "default"), on: loop)
        try await asking {
            try await system.execute(statement("CREATE DATABASE IF NOT EXISTS \(configuration.database)"))
        }
        await system.close()
        try await asking { try await client.execute(statement(Migration.journal)) }
        let missing = try await schemaState().missing()
        for migration in missing {
            try await asking {
                for text in migration.statements { try await client.execute(statement(text)) }
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

    /// Waits until the database has the schema that this program works with.
    ///
    /// - Throws: `EventStoreError`, permanent, where the schema is newer than this program, or another one;
    ///   `CancellationError`.
    public func waitForSchema() async throws {
        var wait = Duration.milliseconds(50)
        var isFirst = true
        while true {
            do throws(EventStoreError) {
                if try await schemaState().missing().isEmpty { return }
                if isFirst { Self.log.info("waiting for the database's schema") }
                isFirst = false
            } catch {
                if error.isPermanent { throw error }
                let isNew = wait > .seconds(1)
                Self.log.log(isNew ? .warning : .debug, "the schema is not known", metadata: [.error: error])
            }
            try await loop.run { try await loop.sleep(for: wait) }
            wait = min(wait * 2, .seconds(2))
        }
    }

    private func schemaState() async throws(EventStoreError) -> SchemaState {
        try await asking {
            let exists = try await client.blocks(
                statement(
                    "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'schema_migrations'"
                ))
            guard let block = exists.first, try BlockColumns(block).numbers(0).first == 1 else {
                return SchemaState(applied: [:])
            }
            var applied: [UInt32: String] = [:]
            for block in try await client.blocks(statement("SELECT version, checksum FROM schema_migrations")) {
                let columns = BlockColumns(block)
                let versions = try columns.numbers(0)
                let checksums = try columns.text(1)
                for row in 0..<block.rowCount {
                    applied[UInt32(truncatingIfNeeded: versions[row])] = checksums[row].utf8 ?? ""
                }
            }
            return SchemaState(applied: applied)
        }
    }

    func statement(_ text: String) -> ClickHouseQuery {
        ClickHouseQuery(text, deadline: .after(configuration.writeTimeout))
    }
}
