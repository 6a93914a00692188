import Bytes
import ClickHouseClient
import ClickHouseProtocol
import EventStore
import Events
import JSON
import Transport

/// How long conversations are, how long they take, and where they end.
public struct ConversationsQuestion: Hashable, Sendable {
    let scope: QuestionScope

    init(_ object: inout QuestionObject, now: Timestamp) throws(QuestionError) {
        scope = try QuestionScope(&object, now: now)
    }

    /// Where the buckets begin; each ends where the next one begins, and the last one nowhere.
    static let lengths = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233]
    /// In milliseconds.
    static let durations = [
        0, 1_000, 5_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 14_400_000,
        86_400_000,
        604_800_000,
    ]
    /// In milliseconds.
    static let latencies = [
        0, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000,
    ]

    /// A row for each mix of what conversations are counted by: the beginnings of their buckets (`length`, `duration`,
    /// `latency`), the last event's `name`, whether it `failed`, and how many `conversations` there are.
    var query: QuestionQuery {
        QuestionQuery(scope) { text(&$0) }
    }

    private func text(_ builder: inout QueryBuilder) -> String {
        func buckets(_ starts: [Int]) -> String {
            builder.value(.array(starts.map { .int(Int64($0)) }), "Array(Int64)")
        }
        let (lengths, durations, latencies) = (
            buckets(Self.lengths), buckets(Self.durations), buckets(Self.latencies)
        )
        // The last event is the one with the greatest number of time and id together: pairs of them, and pairs of name and
        // failure, would take three times as long.
        return """
            SELECT roundDown(toInt64(events), \(lengths)) AS length, roundDown(span, \(durations)) AS duration,
                roundDown(toInt64(least(total, 1e15)), \(latencies)) AS latency, substring(last, 2) AS name,
                toUInt8(startsWith(last, '1')) AS failed, count() AS conversations
            FROM (
                SELECT count() AS events, max(at) - min(at) AS span, sum(took) AS total,
                    argMax(concat(failed, name), bitShiftLeft(toInt256(at), 128) + toInt256(number)) AS last
                FROM (
                    SELECT conversation_id AS conversation, toUnixTimestamp64Milli(created_at) AS at, latency AS took,
                        toUInt128(id) AS number, event_name AS name, if(error != '', '1', '0') AS failed
                    FROM event_facts FINAL
                    PREWHERE conversation_id IN (SELECT conversation_id FROM \(builder.rows)))
                GROUP BY conversation)
            GROUP BY length, duration, latency, name, failed
            """
    }
}

/// What came of it.
struct ConversationsAnswer {
    private var conversations: UInt64 = 0
    private var lengths: [Int64: UInt64] = [:]
    private var durations: [Int64: UInt64] = [:]
    private var latencies: [Int64: UInt64] = [:]
    private var ends: [End: UInt64] = [:]

    private struct End: Hashable {
        let name: ByteSlice
        let failed: Bool
    }

    /// How many ways to end there are.
    var size: Int { ends.count }

    mutating func add(length: Int64, duration: Int64, latency: Int64, name: ByteSlice, failed: Bool, count: UInt64) {
        conversations += count
        lengths[length, default: 0] += count
        durations[duration, default: 0] += count
        latencies[latency, default: 0] += count
        ends[End(name: name, failed: failed), default: 0] += count
    }

    func write(_ json: inout JSONWriter, _ writer: inout ByteWriter) {
        json.beginObject(&writer)
        json.key("conversations", &writer)
        json.integer(conversations, &writer)
        write("length", ConversationsQuestion.lengths, lengths, &json, &writer)
        write("duration_ms", ConversationsQuestion.durations, durations, &json, &writer)
        write("total_latency", ConversationsQuestion.latencies, latencies, &json, &writer)
        json.key("ends", &writer)
        json.beginArray(&writer)
        let ranked = ends.sorted { left, right in
            if left.value != right.value { return left.value > right.value }
            if left.key.name != right.key.name { return left.key.name.precedes(right.key.name) }
            return !left.key.failed && right.key.failed
        }
        for (end, count) in ranked {
            json.beginObject(&writer)
            json.key("event_name", &writer)
            json.string(end.name, &writer)
            json.key("error", &writer)
            json.bool(end.failed, &writer)
            json.key("count", &writer)
            json.integer(count, &writer)
            json.endObject(&writer)
        }
        json.endArray(&writer)
        json.endObject(&writer)
    }

    private func write(
        _ name: String, _ starts: [Int], _ counts: [Int64: UInt64], _ json: inout JSONWriter, _ writer: inout ByteWriter
    ) {
        json.key(name, &writer)
        json.beginArray(&writer)
        for (index, start) in starts.enumerated() {
            json.beginObject(&writer)
            json.key("from", &writer)
            json.integer(Int64(start), &writer)
            json.key("to", &writer)
            if index + 1 < starts.count { json.integer(Int64(starts[index + 1]), &writer) } else { json.null(&writer) }
            json.key("count", &writer)
            json.integer(counts[Int64(start)] ?? 0, &writer)
            json.endObject(&writer)
        }
        json.endArray(&writer)
    }
}

extension EventStore {
    func answer(_ question: ConversationsQuestion) async throws(EventStoreError) -> QuestionAnswer {
        let query = question.query
        var answer = ConversationsAnswer()
        let deadline = Deadline.after(question.scope.deadline)
        let rowsRead = try await ask(query.text, query.parameters, until: deadline) { result in
            while let block = try await result.next() {
                let columns = ResultColumns(block)
                let lengths = try columns.integers("length")
                let durations = try columns.integers("duration")
                let latencies = try columns.integers("latency")
                let names = try columns.texts("name")
                let failed = try columns.integers("failed")
                let counts = try columns.integers("conversations")
                for row in 0..<block.rowCount {
                    answer.add(
                        length: lengths[row], duration: durations[row], latency: latencies[row],
                        name: ByteSlice(copying: names[row].span), failed: failed[row] != 0,
                        count: UInt64(max(counts[row], 0)))
                    try requireRoom(answer.size * 512)
                }
            }
            return result.summary.progress.readRows
        }
        var json = JSONWriter()
        var writer = ByteWriter(capacity: 4096)
        answer.write(&json, &writer)
        return QuestionAnswer(writer.finish(), rowsRead: rowsRead)
    }
}
