import Bytes
import ClickHouseClient
import ClickHouseProtocol
import Events
import Glibc
import Telemetry
import Transport

extension EventStore {
    /// The time between two rows of a process.
    private static let beat = Duration.seconds(5)
    /// A process that was not heard of for as long is gone.
    private static let silence: Int64 = 20_000

    /// Writes a row about this process again and again, until the task is cancelled. Where the database does not take it, it
    /// is written the next time.
    ///
    /// - Parameters:
    ///   - role: What the process does.
    ///   - version: The program's version.
    ///   - counted: How many operations it has accepted, or applied, so far.
    ///   - lagSeconds: For how long the oldest operation has waited that it has not applied.
    public func announce(
        _ role: String, version: String, counted: @escaping @Sendable () -> Int,
        lagSeconds: @escaping @Sendable () -> Int = { 0 }
    ) async throws {
        try await loop.run {
            let began = ContinuousClock.now
            let start = Timestamp(milliseconds: WallClock.milliseconds)
            let id = EventIDGenerator.shared.next(at: start)
            var rate = MinuteRate()
            while true {
                let added = rate.observe(counted(), at: (ContinuousClock.now - began) / .seconds(1))
                let row = ProcessRow(
                    role: role, host: Self.host, version: version, startedAt: start,
                    seenAt: Timestamp(milliseconds: WallClock.milliseconds), perMinute: UInt64(max(added, 0)),
                    lagSeconds: UInt64(max(lagSeconds(), 0)))
                do throws(EventStoreError) {
                    try await self.write(row, of: id)
                } catch {
                    try Task.checkCancellation()
                    Self.log.debug("the process is not written down", metadata: [.error: error.description])
                }
                try await self.loop.sleep(for: Self.beat)
            }
        }
    }

    private static let host: String = {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, 255) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()

    private func write(_ row: ProcessRow, of id: EventID) async throws(EventStoreError) {
        var query = read(
            """
            INSERT INTO processes SELECT {process:UUID}, {role:String}, {host:String}, {version:String},
                fromUnixTimestamp64Milli({started_at:Int64}, 'UTC'), fromUnixTimestamp64Milli({seen_at:Int64}, 'UTC'),
                {per_minute:UInt64}, {lag_seconds:UInt64}
            """,
            [
                QueryParameter("process", .uuid(ClickHouseUUID(id))), QueryParameter("role", .string(row.role)),
                QueryParameter("host", .string(row.host)), QueryParameter("version", .string(row.version)),
                QueryParameter("started_at", .int(row.startedAt.milliseconds)),
                QueryParameter("seen_at", .int(row.seenAt.milliseconds)),
                QueryParameter("per_minute", .uint(row.perMinute)),
                QueryParameter("lag_seconds", .uint(row.lagSeconds)),
            ])
        // Nobody waits for it, least of all one who stops the process.
        query.deadline = .after(configuration.probeTimeout)
        try await asking { try await client.query(query) { result in while try await result.next() != nil {} } }
    }

    /// The processes that run now, by role and beginning.
    public func processes() async throws(EventStoreError) -> [ProcessRow] {
        let since = WallClock.milliseconds - Self.silence
        var query = read(
            """
            SELECT CAST(role AS String), host, version, started_at, seen_at, per_minute, lag_seconds FROM processes FINAL
            WHERE seen_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') ORDER BY role, started_at LIMIT 1000
            """, [QueryParameter("since", .int(since))])
        query.deadline = .after(configuration.probeTimeout)
        return try await asking {
            try await client.query(query) { result in
                var rows: [ProcessRow] = []
                while let block = try await result.next() {
                    let columns = BlockColumns(block)
                    let (roles, hosts, versions) = (
                        try columns.text(0), try columns.text(1), try columns.text(2)
                    )
                    let (started, seen) = (try columns.milliseconds(3), try columns.milliseconds(4))
                    let (counts, lags) = (try columns.numbers(5), try columns.numbers(6))
                    for row in 0..<block.rowCount {
                        rows.append(
                            ProcessRow(
                                role: roles[row].description, host: hosts[row].description,
                                version: versions[row].description, startedAt: Timestamp(milliseconds: started[row]),
                                seenAt: Timestamp(milliseconds: seen[row]), perMinute: counts[row],
                                lagSeconds: lags[row]))
                    }
                }
                return rows
            }
        }
    }
}
