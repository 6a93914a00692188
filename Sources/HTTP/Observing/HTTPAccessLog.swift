import Bytes
public import Telemetry

/// Writes a line for each request, with method, path, status and milliseconds, and the trace where the request names one
/// (`traceparent`); costs nothing while its level is off. Queries and bodies are never logged.
public struct HTTPAccessLog: HTTPObserver {
    private let log: Logger
    private let level: LogLevel

    /// Makes a log.
    public init(level: LogLevel = .info, log: Logger = Logger(label: "http.access")) {
        self.log = log
        self.level = level
    }

    /// Nothing is known yet.
    public func began() {}

    /// Writes the line.
    public func ended(_ exchange: HTTPExchange) {
        guard Logger.isOn(level) else { return }
        var metadata: LogMetadata = [
            .status: exchange.status.code,
            .milliseconds: (exchange.duration / .milliseconds(1) * 1000).rounded() / 1000,
        ]
        if let request = exchange.request {
            metadata[.method] = request.method.description
            metadata[.path] = String(request.path.description.prefix(200))
            metadata[.trace] = request.trace?.traceText
        }
        log.log(level, "request", metadata: metadata)
    }
}

extension HTTPRequestHead {
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
