public import Bytes
import ClickHouseClient
import ClickHouseProtocol
public import Events
import JSON
import Transport

extension EventStore {
    /// A conversation's events as a JSON array; nil where it takes more than `limit` bytes.
    public func conversation(_ id: String, upTo limit: Int) async throws(EventStoreError) -> ByteSlice? {
        try await array(client, read(SQL.conversation, Self.parameters(id)), upTo: limit)
    }

    /// A conversation's events as a JSON array, piece by piece, as ClickHouse gives them; `body` may take its time.
    ///
    /// - Parameter body: Takes a piece; the next one is read when it returns true, none where it returns false.
    /// - Throws: `EventStoreError`; `.busy` also where too many others read slowly.
    public func conversation(
        _ id: String, _ body: (ByteSlice) async throws -> Bool
    ) async throws(EventStoreError) {
        try await streaming { () async throws(EventStoreError) in
            try await array(streaming, stream(SQL.conversation, Self.parameters(id)), body)
        }
    }

    private static func parameters(_ conversation: String) -> [QueryParameter] {
        [QueryParameter("conversation_id", .string(conversation))]
    }

    /// Reads something as slowly as its reader likes.
    ///
    /// - Throws: `EventStoreError` `.busy` where too many others do.
    func streaming(_ body: () async throws(EventStoreError) -> Void) async throws(EventStoreError) {
        try checkStreams()
        streams.value += 1
        defer { streams.value -= 1 }
        try await body()
    }

    /// Whether one more result may be read slowly now.
    ///
    /// - Throws: `EventStoreError` `.busy` where too many are.
    public func checkStreams() throws(EventStoreError) {
        guard streams.value < configuration.streamsPerLoop else {
            throw EventStoreError(
                .busy, "\(streams.value) long results are being read, and no more may be at once: try again")
        }
    }

    /// A query's events as a JSON array; nil where it takes more than `limit` bytes.
    func array(
        _ client: ClickHouseClient, _ query: ClickHouseQuery, upTo limit: Int
    ) async throws(EventStoreError) -> ByteSlice? {
        var whole = ByteWriter(capacity: 4096)
        var isWhole = true
        try await array(client, query) { piece in
            whole.write(piece)
            isWhole = whole.count <= limit
            return isWhole
        }
        return isWhole ? whole.finish() : nil
    }

    /// A query's events as a JSON array, piece by piece.
    func array(
        _ client: ClickHouseClient, _ query: ClickHouseQuery, _ body: (ByteSlice) async throws -> Bool
    ) async throws(EventStoreError) {
        try await asking {
            try await client.query(query) { result in
                var writer = ByteWriter(capacity: 4096)
                writer.writeByte(UInt8(ascii: "["))
                var isFirst = true
                while let block = try await result.next() {
                    let events = try EventBlock(block)
                    for row in 0..<events.count {
                        if !isFirst { writer.writeByte(UInt8(ascii: ",")) }
                        isFirst = false
                        events.writeJSON(row, into: &writer)
                        if writer.count >= 65_536 {
                            guard try await body(writer.take(capacity: 65_536)) else { return }
                        }
                    }
                }
                writer.writeByte(UInt8(ascii: "]"))
                _ = try await body(writer.finish())
            }
        }
    }

    /// Errors and events of a name per day, as a JSON array.
    public func errors(eventName: String, since: Timestamp) async throws(EventStoreError) -> ByteSlice {
        let name = ByteSlice(utf8: eventName)
        let query = read(
            SQL.errors,
            [
                QueryParameter("since", .int(since.milliseconds)), QueryParameter("event_name", .string(eventName)),
            ])
        return try await rows(query) { block, json, writer in
            let columns = BlockColumns(block)
            let days = try columns.days(0)
            let errors = try columns.numbers(1)
            let totals = try columns.numbers(2)
            for row in 0..<block.rowCount {
                var date = ByteWriter(capacity: 16)
                CivilDate(daysSince1970: Int64(days[row])).write(into: &date)
                json.beginObject(&writer)
                json.key("date", &writer)
                json.string(date.finish(), &writer)
                json.key("event_name", &writer)
                json.string(name, &writer)
                json.key("error_count", &writer)
                json.integer(errors[row], &writer)
                json.key("total_count", &writer)
                json.integer(totals[row], &writer)
                json.endObject(&writer)
            }
        }
    }

    /// The 95th percentile of the latency, per conversation and name, as a JSON array.
    public func latency(limit: Int, since: Timestamp?) async throws(EventStoreError) -> ByteSlice {
        let query = read(SQL.latency(since: since != nil), Self.parameters(limit, since))
        return try await rows(query) { block, json, writer in
            let columns = BlockColumns(block)
            let conversations = try columns.text(0)
            let names = try columns.text(1)
            let latencies = try columns.doubles(2)
            let counts = try columns.numbers(3)
            for row in 0..<block.rowCount {
                json.beginObject(&writer)
                json.key("conversation_id", &writer)
                json.string(conversations[row], &writer)
                json.key("event_name", &writer)
                json.string(names[row], &writer)
                json.key("p95_latency", &writer)
                json.number(latencies[row], &writer)
                json.key("event_count", &writer)
                json.integer(counts[row], &writer)
                json.endObject(&writer)
            }
        }
    }

    /// The conversations with the highest share of errors, as a JSON array.
    public func topErrors(limit: Int, since: Timestamp?) async throws(EventStoreError) -> ByteSlice {
        let query = read(SQL.topErrors(since: since != nil), Self.parameters(limit, since))
        return try await rows(query) { block, json, writer in
            let columns = BlockColumns(block)
            let conversations = try columns.text(0)
            let totals = try columns.numbers(1)
            let errors = try columns.numbers(2)
            let rates = try columns.doubles(3)
            for row in 0..<block.rowCount {
                json.beginObject(&writer)
                json.key("conversation_id", &writer)
                json.string(conversations[row], &writer)
                json.key("total_events", &writer)
                json.integer(totals[row], &writer)
                json.key("error_events", &writer)
                json.integer(errors[row], &writer)
                json.key("error_rate", &writer)
                json.number(rates[row], &writer)
                json.endObject(&writer)
            }
        }
    }

    private static func parameters(_ limit: Int, _ since: Timestamp?) -> [QueryParameter] {
        var parameters = [QueryParameter("limit", .uint(UInt64(limit)))]
        if let since { parameters.append(QueryParameter("since", .int(since.milliseconds))) }
        return parameters
    }

    /// A query's rows as a JSON array; they are as many as the query's limit lets through.
    func rows(
        _ query: ClickHouseQuery, _ write: (Block, inout JSONWriter, inout ByteWriter) throws -> Void
    ) async throws(EventStoreError) -> ByteSlice {
        try await asking {
            try await client.query(query) { result in
                var writer = ByteWriter(capacity: 4096)
                var json = JSONWriter()
                json.beginArray(&writer)
                while let block = try await result.next() {
                    try write(block, &json, &writer)
                    guard writer.count <= configuration.resultLimit else {
                        throw EventStoreError(
                            .tooExpensive, "the result is larger than \(configuration.resultLimit) bytes")
                    }
                }
                json.endArray(&writer)
                return writer.finish()
            }
        }
    }
}
