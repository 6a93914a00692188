import Bytes
public import Telemetry
import Transport

/// Writes a line for each request, with method, path, status and milliseconds, and the trace where the request names one
/// (`traceparent`); costs nothing while its level is off. Queries and bodies are never logged.
public struct HTTPAccessLog: HTTPResponder {
    private let next: any HTTPResponder
    private let log: Logger
    private let level: LogLevel

    /// Makes a responder that does what `next` does, and logs it.
    public init(_ next: any HTTPResponder, level: LogLevel = .info, log: Logger = Logger(label: "http.access")) {
        self.next = next
        self.log = log
        self.level = level
    }

    /// Answers as `next` does.
    public func respond(to request: HTTPRequest) async throws -> HTTPResponse {
        guard Logger.isOn(level) else { return try await next.respond(to: request) }
        let start = Deadline.now
        do {
            let response = try await next.respond(to: request)
            note(request, response.status, since: start)
            return response
        } catch {
            note(request, error.responseStatus, since: start)
            throw error
        }
    }

    private func note(_ request: HTTPRequest, _ status: HTTPStatus, since start: Deadline) {
        let milliseconds = start.duration(to: .now) / .milliseconds(1)
        var metadata: LogMetadata = [
            .method: request.method, .path: String(request.path.description.prefix(200)), .status: status.code,
            .milliseconds: (milliseconds * 1000).rounded() / 1000,
        ]
        metadata[.trace] = request.trace?.traceText
        log.log(level, "request", metadata: metadata)
    }
}

extension HTTPRequest {
    /// The trace that the client says this request belongs to; nil where it names none, or not as W3C has it.
    public var trace: TraceContext? {
        headers.first("traceparent").flatMap { $0.utf8 }.flatMap { TraceContext(traceparent: $0) }
    }
}

extension LogKey {
    /// A request's method.
    public static let method: LogKey = "method"
    /// A request's path.
    public static let path: LogKey = "path"
    /// A response's status.
    public static let status: LogKey = "status"
    /// The trace that a request belongs to.
    public static let trace: LogKey = "trace"
}
