public import Telemetry

/// What a server's requests are counted and timed by. One for all loops.
public struct HTTPMetrics: Sendable {
    private let classes: [Counter]
    private let inFlight: Gauge
    private let seconds: Histogram

    /// Makes the metrics `http_requests_total{status="2xx"}`…, `http_requests_in_flight` and `http_request_seconds`.
    public init(_ registry: MetricsRegistry) {
        classes = (1...5).map { number in
            registry.counter("http_requests_total", help: "requests answered", labels: [("status", "\(number)xx")])
        }
        inFlight = registry.gauge("http_requests_in_flight", help: "requests that are being answered")
        seconds = registry.histogram("http_request_seconds", help: "time to a request's response, its body left out")
    }

    /// A responder that does what `next` does, and counts it.
    public func measuring(_ next: any HTTPResponder) -> any HTTPResponder {
        Measuring(next: next, metrics: self)
    }

    private struct Measuring: HTTPResponder {
        let next: any HTTPResponder
        let metrics: HTTPMetrics

        func respond(to request: HTTPRequest) async throws -> HTTPResponse {
            let start = ContinuousClock.now
            metrics.inFlight.add(1)
            do {
                let response = try await next.respond(to: request)
                metrics.note(response.status, since: start)
                return response
            } catch {
                metrics.note(error.responseStatus, since: start)
                throw error
            }
        }
    }

    private func note(_ status: HTTPStatus, since start: ContinuousClock.Instant) {
        inFlight.add(-1)
        seconds.record(start.duration(to: .now))
        let index = status.code / 100 - 1
        if classes.indices.contains(index) { classes[index].increment() }
    }
}

extension Error {
    /// The status that a server answers with where a handler throws this.
    var responseStatus: HTTPStatus {
        guard let error = self as? HTTPError, error.code == .refused else { return .internalServerError }
        return error.status
    }
}
