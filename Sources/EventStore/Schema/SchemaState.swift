import Bytes
import ClickHouseProtocol

/// What the database says of its schema, and what follows from it.
struct SchemaState: Sendable {
    /// The checksums of the steps that were applied, by version.
    var applied: [UInt32: String]

    /// The steps that are missing.
    ///
    /// - Throws: `EventStoreError` `.schema`, permanent, where the schema is newer than this program, or a step was
    ///   another one than this program knows.
    func missing(of all: [Migration] = Migration.all) throws(EventStoreError) -> [Migration] {
        let newest = all.last?.version ?? 0
        if let version = applied.keys.max(), version > newest {
            throw EventStoreError(
                .schema,
                "the database's schema has version \(version), this program knows up to \(newest): use a newer program",
                isPermanent: true)
        }
        for migration in all {
            guard let checksum = applied[migration.version], checksum != migration.checksum else { continue }
            throw EventStoreError(
                .schema,
                "step \(migration.version) of the database's schema (\(migration.name)) has the checksum \(checksum), "
                    + "this program's has \(migration.checksum): the database was made by a different program",
                isPermanent: true)
        }
        return all.filter { applied[$0.version] == nil }
    }
}

extension SchemaState {
    /// What the steps' journal says.
    init(_ journal: [Block]) throws(EventStoreError) {
        applied = [:]
        for block in journal {
            let columns = BlockColumns(block)
            let versions = try columns.numbers(0)
            let checksums = try columns.text(1)
            for row in 0..<block.rowCount {
                applied[UInt32(truncatingIfNeeded: versions[row])] = checksums[row].utf8 ?? ""
            }
        }
    }
}
