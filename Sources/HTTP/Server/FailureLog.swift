import Bytes
import Telemetry

/// What the log is told of requests that the server could not answer as it should: each once, with what names the request
/// and the true reason; of a flood some, and how many were left out. One for each loop.
struct FailureLog {
    /// What became of the request.
    enum Outcome {
        /// It was refused, with this status.
        case refused(HTTPStatus)
        /// Its response ended in the middle, whatever its head had promised.
        case cut
    }

    /// What is written.
    struct Line {
        let level: LogLevel
        let message: String
        let metadata: LogMetadata
    }

    /// Faults of the program have lines of their own: a flood of what is refused must not hide them.
    private var faults = LogThrottle(10, in: 1000)
    private var refusals = LogThrottle(10, in: 1000)

    /// The line for a failure, or nil where so many came that it is left out.
    ///
    /// - Parameter time: Now, in milliseconds.
    mutating func line(
        for request: HTTPRequestHead?, id: String, _ outcome: Outcome, _ reason: String, at time: Int64
    ) -> Line? {
        var isFault = false
        if case .refused(.internalServerError) = outcome { isFault = true }
        guard let leftOut = isFault ? faults.take(at: time) : refusals.take(at: time) else { return nil }
        var metadata: LogMetadata = [.requestID: id]
        if let request {
            metadata[.method] = request.method.description
            metadata[.path] = String(request.path.description.prefix(200))
            metadata[.trace] = request.trace?.traceText
        }
        metadata[.error] = reason
        var (level, message) = (LogLevel.warning, "a response was cut in its middle")
        if case .refused(let status) = outcome {
            metadata[.status] = "\(status.code)"
            message = "request refused"
            if isFault { (level, message) = (.error, "a handler failed") }
        }
        if leftOut > 0 { metadata[.leftOut] = "\(leftOut)" }
        return Line(level: level, message: message, metadata: metadata)
    }
}

extension HTTPRequestHead {
    /// The name that the client gave the request (`X-Request-Id`), where it is one that a log can hold.
    var clientID: String? {
        guard let value = headers.first("x-request-id"), 1...128 ~= value.count,
            value.array.allSatisfy({ 0x21...0x7e ~= $0 })
        else { return nil }
        return value.utf8
    }
}

extension LogKey {
    /// A request's name: the client's, or one made here, which its response shows.
    static let requestID: LogKey = "request_id"
    /// How many alike lines were not written since the last one.
    static let leftOut: LogKey = "left_out"
}
