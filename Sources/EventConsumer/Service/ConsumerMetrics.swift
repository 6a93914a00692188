import Bytes
import Events
import Synchronization

/// What the consumer counts.
final class ConsumerMetrics: Sendable {
    /// A number.
    final class Count: Sendable {
        private let value = Atomic<Int>(0)
        func add(_ number: Int) { value.add(number, ordering: .relaxed) }
        func set(_ number: Int) { value.store(number, ordering: .relaxed) }
        var current: Int { value.load(ordering: .relaxed) }
    }

    let applied = Count()
    let redelivered = Count()
    let exists = Count()
    let unknown = Count()
    let deleted = Count()
    let deadLetters = Count()
    let batches = Count()
    let rows = Count()
    let retries = Count()
    let lag = Count()
    let cachedBytes = Count()

    /// Counts what came of a batch.
    func count(_ result: BatchResult, deadLetters: Int) {
        applied.add(result[.applied])
        redelivered.add(result[.redelivered])
        exists.add(result[.exists])
        unknown.add(result[.unknown])
        deleted.add(result[.deleted])
        rows.add(result.rows)
        self.deadLetters.add(deadLetters)
        batches.add(1)
    }

    /// Writes Prometheus' text format.
    func write(into writer: inout ByteWriter) {
        let name = "consumer_operations_total"
        writer.write("# HELP \(name) operations, by what came of them\n# TYPE \(name) counter\n")
        let outcomes: [(StaticString, Count)] = [
            ("applied", applied), ("redelivered", redelivered), ("create_of_existing", exists),
            ("change_of_unknown", unknown), ("change_of_deleted", deleted), ("dead_letter", deadLetters),
        ]
        for (outcome, count) in outcomes { writer.write("\(name){outcome=\"\(outcome)\"} \(count.current)\n") }
        let others: [(StaticString, StaticString, StaticString, Count)] = [
            ("consumer_batches_total", "counter", "batches applied", batches),
            ("consumer_rows_total", "counter", "rows written to ClickHouse", rows),
            ("consumer_retries_total", "counter", "times that a batch was tried again", retries),
            ("consumer_lag", "gauge", "messages that wait in Kafka", lag),
            ("consumer_cache_bytes", "gauge", "memory of rows that were written lately", cachedBytes),
        ]
        for (name, kind, help, count) in others {
            writer.write("# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n\(name) \(count.current)\n")
        }
    }
}
