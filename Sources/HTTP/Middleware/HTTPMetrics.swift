import Bytes
public import Telemetry
import Transport

/// What a server's requests are counted and timed by. One for all loops.
public struct HTTPMetrics: Sendable {
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

    /// A responder that does what `next` does, and counts it.
    public func measuring(_ next: any HTTPResponder) -> any HTTPResponder {
        Measuring(next: next, metrics: self)
    }

    private struct Measuring: HTTPResponder {
        let next: any HTTPResponder
        let metrics: HTTPMetrics

        func respond(to request: HTTPRequest) async throws -> HTTPResponse {
            let start = Deadline.now
            metrics.started.increment()
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

    private func note(_ status: HTTPStatus, since start: Deadline) {
        seconds.record(start.duration(to: .now))
        // Whatever the status is, the request has ended.
        classes[min(max(status.code / 100, 1), 5) - 1].increment()
    }
}

extension Error {
    /// The status that a server answers with where a handler throws this.
    var responseStatus: HTTPStatus {
        guard let error = self as? HTTPError else { return .internalServerError }
        // Who went away in the middle of a request has got no answer; it was not the server's fault.
        if error.code == .closed { return .badRequest }
        return error.code == .refused ? error.status : .internalServerError
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
