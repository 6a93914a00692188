import Events
import Synchronization
import Telemetry

/// What the consumer counts.
final class ConsumerMetrics: Sendable {
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
    let batchSizes: Histogram
    let batchSeconds: Histogram
    let insertSeconds: Histogram
    let lag: Gauge
    let lagSeconds: Gauge
    let cachedBytes: Gauge
    /// The partitions that were ever shown.
    private let partitions = Mutex<Set<Int32>>([])

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
        retries = registry.counter(
            "consumer_retries_total", help: "times that a batch, or to find the topic, was tried again")
        batchSizes = registry.histogram(
            "consumer_batch_operations", help: "operations that were applied together",
            bounds: [1, 10, 100, 1_000, 10_000, 100_000])
        batchSeconds = registry.histogram("consumer_batch_seconds", help: "how long batches took to be applied")
        insertSeconds = registry.histogram("consumer_insert_seconds", help: "how long rows took to be written")
        lag = registry.gauge("consumer_lag", help: "messages that are not applied")
        lagSeconds = registry.gauge(
            "consumer_lag_seconds", help: "how long the oldest message has waited that is not applied")
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

    /// Shows how far behind the consumer is.
    func show(_ meter: LagMeter, now: Int64) {
        lag.set(Int(meter.messages))
        lagSeconds.set(Int(meter.age(now: now) / 1000))
        // A partition that was taken away is not behind here any more.
        let seen = partitions.withLock { partitions in
            partitions.formUnion(meter.lag.keys)
            return partitions
        }
        for partition in seen {
            registry.gauge(
                "consumer_partition_lag", help: "messages of the partition that are not applied",
                labels: [("partition", "\(partition)")]
            ).set(Int(meter.lag[partition] ?? 0))
        }
    }
}
