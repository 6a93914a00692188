import Bytes
public import Telemetry

/// What a server's requests are counted and timed by. One for all loops.
public struct HTTPMetrics: HTTPObserver {
    private let started: Counter
    private let classes: [Counter]
    private let seconds: Histogram

    /// Makes the metrics `http_requests_total{status="2xx"}`…, `http_requests_in_flight` and `http_request_seconds`.
    public init(_ registry: MetricsRegistry) {
        let started = Counter()
        let classes = (1...5).map { number in
            registry.counter("http_requests_total", help: "requests answered", labels: [("status", "\(number)xx")])
        }
        registry.gauge("http_requests_in_flight", help: "requests that are being answered") {
            // In this order, so that one which ends in between makes no number below zero.
            let ended = classes.reduce(0) { $0 + $1.value }
            return Double(max(started.value - ended, 0))
        }
        seconds = registry.histogram("http_request_seconds", help: "time to a request's response, its body left out")
        self.started = started
        self.classes = classes
    }

    /// Counts the request in.
    public func began() { started.increment() }

    /// Counts and times what came of it.
    public func ended(_ exchange: HTTPExchange) {
        seconds.record(exchange.duration)
        // Whatever the status is, the request has ended.
        classes[min(max(exchange.status.code / 100, 1), 5) - 1].increment()
    }
}

extension HTTPResponse {
    /// Shows all of a registry's metrics, as Prometheus reads them.
    public static func metrics(_ registry: MetricsRegistry) -> HTTPResponse {
        var writer = ByteWriter()
        registry.writePrometheus(into: &writer)
        return HTTPResponse(.ok, contentType: .prometheus, body: .bytes(writer.finish()))
    }
}

extension HTTPContentType {
    /// Prometheus' text format.
    public static let prometheus = HTTPContentType(MetricsRegistry.contentType)
}
