import Bytes

/// A step of the schema: statements that may be run twice, and by two at once.
public struct Migration: Sendable {
    /// Its number, from 1 on without gaps.
    public let version: UInt32

    /// What it does, in a few words.
    public let name: String

    /// The statements, in order, each of them without effect where it was run before.
    public let statements: [String]

    /// Whether it goes through all events, and may take as long as that does.
    let isLong: Bool

    init(version: UInt32, name: String, statements: [String], isLong: Bool = false) {
        self.version = version
        self.name = name
        self.statements = statements
        self.isLong = isLong
    }

    /// Changes when the statements do: a step that was applied somewhere must never change.
    public var checksum: String {
        var writer = ByteWriter()
        for statement in statements {
            writer.write(statement)
            writer.writeByte(0)
        }
        let digits = String(CRC32C.checksum(writer.span), radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// The steps from an empty database to the schema of this program.
    public static let all = [events, topics, rebuilds, reports, processes, facts]

    /// The schema's version that this program works with.
    public static let newest = UInt32(all.count)

    /// One row an event and version; merges keep the newest. The sorting key holds what never changes, so that all rows
    /// of an event stand together, in their conversation and in time order. Keys by id lead to it: a second table, a
    /// row for each event, in blocks small enough that a look-up reads little.
    ///
    /// A deleted event leaves its newest row, marked: operations that come later must find it.
    private static let events = Migration(
        version: 1, name: "events and their keys",
        statements: [
            """
            CREATE TABLE IF NOT EXISTS events (
                id UUID,
                conversation_id String,
                conversation_metadata String,
                event_name LowCardinality(String),
                error String,
                latency Float64,
                input String,
                output String,
                input_embeddings Array(Float32),
                output_embeddings Array(Float32),
                created_at DateTime64(3, 'UTC'),
                updated_at DateTime64(3, 'UTC'),
                is_deleted UInt8,
                version UInt64
            ) ENGINE = ReplacingMergeTree(version, is_deleted)
            PARTITION BY toYYYYMM(created_at)
            ORDER BY (conversation_id, created_at, id)
            SETTINGS index_granularity = 1024
            """,
            """
            CREATE TABLE IF NOT EXISTS event_keys (
                id UUID,
                conversation_id String,
                created_at DateTime64(3, 'UTC')
            ) ENGINE = ReplacingMergeTree
            ORDER BY toUInt128(id)
            SETTINGS index_granularity = 256
            """,
        ])

    /// Which topic the rows' versions come from.
    private static let topics = Migration(
        version: 2, name: "topics",
        statements: [
            """
            CREATE TABLE IF NOT EXISTS topics (
                topic_id UUID,
                name String,
                epoch UInt16,
                partitions UInt32,
                recorded_at DateTime64(3, 'UTC') DEFAULT now64(3)
            ) ENGINE = ReplacingMergeTree
            ORDER BY topic_id
            """
        ])

    /// Whether a topic is to be read from its beginning again.
    private static let rebuilds = Migration(
        version: 3, name: "rebuilds of topics",
        statements: [
            "ALTER TABLE topics ADD COLUMN IF NOT EXISTS rebuild UInt32 DEFAULT 0, "
                + "ADD COLUMN IF NOT EXISTS rebuilt UInt32 DEFAULT 0"
        ])

    /// Questions that were saved: a row for each time that one was, the newest counts.
    private static let reports = Migration(
        version: 4, name: "reports",
        statements: [
            """
            CREATE TABLE IF NOT EXISTS reports (
                id UUID,
                name String,
                query String,
                question String,
                chart String,
                created_at DateTime64(3, 'UTC'),
                updated_at DateTime64(3, 'UTC'),
                is_deleted UInt8,
                version UInt64
            ) ENGINE = ReplacingMergeTree(version, is_deleted)
            ORDER BY id
            """
        ])

    /// The processes that run, each a row that is written again and again while it lives.
    private static let processes = Migration(
        version: 5, name: "processes",
        statements: [
            """
            CREATE TABLE IF NOT EXISTS processes (
                process UUID,
                role LowCardinality(String),
                host String,
                version String,
                started_at DateTime64(3, 'UTC'),
                seen_at DateTime64(3, 'UTC'),
                per_minute UInt64,
                lag_seconds UInt64
            ) ENGINE = ReplacingMergeTree(seen_at)
            ORDER BY process
            TTL toDateTime(seen_at) + INTERVAL 1 DAY
            """
        ])

    /// Where it is written down which steps were applied.
    static let journal = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            version UInt32,
            name String,
            checksum String,
            applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
        ) ENGINE = ReplacingMergeTree
        ORDER BY version
        """
}
