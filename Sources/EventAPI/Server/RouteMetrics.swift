import HTTP
import Synchronization
import Telemetry

/// What one route's answers are counted and timed by.
final class RouteMetrics: Sendable {
    private let registry: MetricsRegistry
    private let labels: [(String, String)]
    private let seconds: Histogram
    /// By status, as they come up.
    private let statuses = Mutex<[Int: Counter]>([:])

    init(_ registry: MetricsRegistry, _ method: HTTPMethod, _ pattern: String) {
        self.registry = registry
        labels = [("method", method.description), ("route", pattern)]
        seconds = registry.histogram(
            "api_request_seconds", help: "time to a response by route, its body left out", labels: labels)
    }

    /// A request came to this.
    func ended(_ status: HTTPStatus, since start: ContinuousClock.Instant) {
        seconds.record(start.duration(to: .now))
        let counter = statuses.withLock { statuses in
            if let known = statuses[status.code] { return known }
            let counter = registry.counter(
                "api_requests_total", help: "requests answered by route and status",
                labels: labels + [("status", "\(status.code)")])
            statuses[status.code] = counter
            return counter
        }
        counter.increment()
    }

    /// What a refusal is counted as: whatever is no refusal becomes a 500.
    static func status(of error: any Error) -> HTTPStatus { (error as? HTTPError)?.status ?? .internalServerError }
}
