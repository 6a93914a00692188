import Bytes
public import Telemetry

/// Writes a line for each request at `info`, with method, path, status and milliseconds; costs nothing while that level
/// is off. Queries and bodies are never logged.
public struct HTTPAccessLog: HTTPResponder {
    private let next: any HTTPResponder
    private let log: Logger

    /// Makes a responder that does what `next` does, and logs it.
    public init(_ next: any HTTPResponder, log: Logger = Logger(label: "http.access")) {
        self.next = next
        self.log = log
    }

    /// Answers as `next` does.
    public func respond(to request: HTTPRequest) async throws -> HTTPResponse {
        guard Logger.isOn(.info) else { return try await next.respond(to: request) }
        let start = ContinuousClock.now
        do {
            let response = try await next.respond(to: request)
            note(request, response.status, since: start)
            return response
        } catch {
            note(request, error.responseStatus, since: start)
            throw error
        }
    }

    private func note(_ request: HTTPRequest, _ status: HTTPStatus, since start: ContinuousClock.Instant) {
        let milliseconds = start.duration(to: .now) / .milliseconds(1)
        log.info(
            "request",
            metadata: [
                .method: request.method, .path: String(request.path.description.prefix(200)), .status: status.code,
                .milliseconds: (milliseconds * 1000).rounded() / 1000,
            ])
    }
}

extension LogKey {
    /// A request's method.
    public static let method: LogKey = "method"
    /// A request's path.
    public static let path: LogKey = "path"
    /// A response's status.
    public static let status: LogKey = "status"
}
