import HTTP
import Telemetry

/// The router as the API's routes see it: each says whom it lets in, so that none is forgotten.
final class APIRoutes {
    /// Whom a route lets in.
    enum Guard: Equatable {
        /// Everybody.
        case open
        /// Whoever's key has the scope.
        case scope(APIScope)
        /// Whoever may write, as often as its rate allows: the route writes one event.
        case writesOne

        /// What a key must allow; nil where none is needed.
        var scope: APIScope? {
            switch self {
            case .open: nil
            case .scope(let scope): scope
            case .writesOne: .write
            }
        }
    }

    let router: Router
    private let access: Access
    private let registry: MetricsRegistry
    /// Where spans go that are recorded; nil where none are.
    private let spans: SpanQueue?

    /// What was added, and whom it lets in, in order.
    private(set) var guards: [(method: HTTPMethod, pattern: String, guard: Guard)] = []

    init(_ router: Router, _ access: Access, _ registry: MetricsRegistry, spans: SpanQueue? = nil) {
        self.router = router
        self.access = access
        self.registry = registry
        self.spans = spans
    }

    /// Adds a handler that waits for nothing.
    func on(
        _ who: Guard, _ method: HTTPMethod, _ pattern: String, _ handler: @escaping (HTTPRequest) throws -> HTTPResponse
    ) {
        guards.append((method, pattern, who))
        let (access, metrics) = (access, RouteMetrics(registry, method, pattern))
        router.on(method, pattern) { request in
            let start = ContinuousClock.now
            do {
                try access.admit(request, who)
                let response = try handler(request)
                metrics.ended(response.status, since: start)
                return response
            } catch {
                metrics.ended(RouteMetrics.status(of: error), since: start)
                throw error
            }
        }
    }

    /// Adds a handler that may wait.
    func on(
        _ who: Guard, _ method: HTTPMethod, _ pattern: String,
        _ handler: @escaping (HTTPRequest) async throws -> HTTPResponse
    ) {
        guards.append((method, pattern, who))
        let (access, metrics, spans) = (access, RouteMetrics(registry, method, pattern), spans)
        router.on(method, pattern) { request async throws in
            let start = ContinuousClock.now
            let trace = RouteTrace(request, method, pattern, spans)
            var request = request
            request.trace = trace?.context
            do {
                try access.admit(request, who)
                let response = try await handler(request)
                metrics.ended(response.status, since: start)
                trace?.ended(response.status)
                return response
            } catch {
                let status = RouteMetrics.status(of: error)
                metrics.ended(status, since: start)
                trace?.ended(status)
                throw error
            }
        }
    }
}

extension Access {
    /// Whether a request may do what a route does.
    fileprivate func admit(_ request: HTTPRequest, _ who: APIRoutes.Guard) throws(HTTPError) {
        switch who {
        case .open: break
        case .scope(let scope): try admit(request, to: scope)
        case .writesOne: try admitWriting(request)
        }
    }
}
