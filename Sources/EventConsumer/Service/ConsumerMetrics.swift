import Events
import Telemetry

/// What the consumer counts.
struct ConsumerMetrics: Sendable {
    let registry = MetricsRegistry()
    let applied: Counter
    let redelivered: Counter
    let exists: Counter
    let unknown: Counter
    let deleted: Counter
    let deadLetters: Counter
    let batches: Counter
    let rows: Counter
    let retries: Counter
    let lag: Gauge
    let cachedBytes: Gauge

    init() {
        let registry = registry
        func operations(_ outcome: String) -> Counter {
            registry.counter(
                "consumer_operations_total", help: "operations, by what came of them", labels: [("outcome", outcome)])
        }
        applied = operations("applied")
        redelivered = operations("redelivered")
        exists = operations("create_of_existing")
        unknown = operations("change_of_unknown")
        deleted = operations("change_of_deleted")
        deadLetters = operations("dead_letter")
        batches = registry.counter("consumer_batches_total", help: "batches applied")
        rows = registry.counter("consumer_rows_total", help: "rows written to ClickHouse")
        retries = registry.counter("consumer_retries_total", help: "times that a batch was tried again")
        lag = registry.gauge("consumer_lag", help: "messages that wait in Kafka")
        cachedBytes = registry.gauge("consumer_cache_bytes", help: "memory of rows that were written lately")
    }

    /// Counts what came of a batch.
    func count(_ result: BatchResult, deadLetters: Int) {
        applied.increment(by: result[.applied])
        redelivered.increment(by: result[.redelivered])
        exists.increment(by: result[.exists])
        unknown.increment(by: result[.unknown])
        deleted.increment(by: result[.deleted])
        rows.increment(by: result.rows)
        self.deadLetters.increment(by: deadLetters)
        batches.increment()
    }
}
