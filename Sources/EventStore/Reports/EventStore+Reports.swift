import Bytes
import ClickHouseClient
import ClickHouseProtocol
public import Events
import Transport

extension EventStore {
    private static let columns = "id, name, query, question, chart, created_at, updated_at"

    /// The most reports that are listed.
    public static let mostReports = 10_000

    /// All reports, by name.
    public func reports() async throws(EventStoreError) -> [Report] {
        try await reports(
            read(
                "SELECT \(Self.columns) FROM reports FINAL ORDER BY name, toUInt128(id) LIMIT {limit:UInt64}",
                [QueryParameter("limit", .uint(UInt64(Self.mostReports)))]))
    }

    /// A report; nil where there is none.
    public func report(_ id: EventID) async throws(EventStoreError) -> Report? {
        try await reports(
            read(
                "SELECT \(Self.columns) FROM reports FINAL WHERE id = {id:UUID}",
                [QueryParameter("id", .uuid(ClickHouseUUID(id)))])
        ).first
    }

    /// Saves a report: a new one, or what an older one becomes.
    public func save(_ report: Report) async throws(EventStoreError) {
        try await write(report, isDeleted: false)
    }

    /// Deletes a report.
    public func delete(_ report: Report) async throws(EventStoreError) {
        try await write(report, isDeleted: true)
    }

    private func write(_ report: Report, isDeleted: Bool) async throws(EventStoreError) {
        // Saved within the same millisecond, the one that the database took last counts.
        let query = read(
            """
            INSERT INTO reports SELECT {id:UUID}, {name:String}, {query:String}, {question:String}, {chart:String},
                fromUnixTimestamp64Milli({created_at:Int64}, 'UTC'), fromUnixTimestamp64Milli({updated_at:Int64}, 'UTC'),
                {is_deleted:UInt8}, toUInt64({updated_at:Int64})
            """,
            [
                QueryParameter("id", .uuid(ClickHouseUUID(report.id))), QueryParameter("name", .string(report.name)),
                QueryParameter("query", .string(report.query)),
                QueryParameter("question", .string(report.question.utf8 ?? "")),
                QueryParameter("chart", .string(report.chart.utf8 ?? "")),
                QueryParameter("created_at", .int(report.createdAt.milliseconds)),
                QueryParameter("updated_at", .int(report.updatedAt.milliseconds)),
                QueryParameter("is_deleted", .uint(isDeleted ? 1 : 0)),
            ])
        try await asking { try await client.query(query) { result in while try await result.next() != nil {} } }
    }

    private func reports(_ query: ClickHouseQuery) async throws(EventStoreError) -> [Report] {
        try await asking {
            try await client.query(query) { result in
                var reports: [Report] = []
                var bytes = 0
                while let block = try await result.next() {
                    let columns = BlockColumns(block)
                    let ids = try columns.uuids(0)
                    let (names, queries) = (try columns.text(1), try columns.text(2))
                    let (questions, charts) = (try columns.text(3), try columns.text(4))
                    let (created, updated) = (try columns.milliseconds(5), try columns.milliseconds(6))
                    for row in 0..<block.rowCount {
                        bytes += questions[row].count + charts[row].count
                        guard bytes <= configuration.resultLimit else {
                            throw EventStoreError(.tooExpensive, "the reports are larger than an answer may be")
                        }
                        reports.append(
                            Report(
                                id: EventID(ids[row]), name: names[row].description, query: queries[row].description,
                                question: ByteSlice(copying: questions[row].span),
                                chart: ByteSlice(copying: charts[row].span),
                                createdAt: Timestamp(milliseconds: created[row]),
                                updatedAt: Timestamp(milliseconds: updated[row])))
                    }
                }
                return reports
            }
        }
    }
}
