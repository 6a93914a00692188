import HTTP
import Telemetry

/// What the API counts.
struct APIMetrics: Sendable {
    let registry = MetricsRegistry()
    let requests: HTTPMetrics
    let acceptedWrites: Counter
    let refusedWrites: Counter
    let reads: Counter
    let refusedReads: Counter

    init() {
        acceptedWrites = registry.counter("api_writes_accepted_total", help: "operations that Kafka has acknowledged")
        refusedWrites = registry.counter("api_writes_unavailable_total", help: "operations refused with 503")
        reads = registry.counter("api_reads_total", help: "reads answered")
        refusedReads = registry.counter("api_reads_unavailable_total", help: "reads refused with 503")
        requests = HTTPMetrics(registry)
    }
}
