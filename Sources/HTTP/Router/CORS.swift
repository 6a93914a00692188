/// Lets pages of other origins call the server (the Fetch standard, section 3.2).
///
/// `headers` go into `HTTPServerConfiguration.responseHeaders`, so that what the server refuses itself can be read by a
/// page, too; `answers` into `Router.optionsHeaders`: what browsers ask before.
public struct CORS: Sendable {
    /// The origins that may call: `*`, or one.
    public var origin = "*"

    /// The methods that may be used.
    public var methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

    /// The headers that a page may send.
    public var requestHeaders = "*"

    /// The headers that a page may read, beyond the simple ones.
    public var exposedHeaders = "retry-after"

    /// How long a browser may remember an answer, in seconds.
    public var maximumAge = 86_400

    /// Any origin, any method, any header.
    public init() {}

    /// What every response has.
    public var headers: [HTTPHeader] {
        [
            HTTPHeader("access-control-allow-origin", origin),
            HTTPHeader("access-control-expose-headers", exposedHeaders),
        ]
    }

    /// What a browser is told that asks whether it may.
    public var answers: [HTTPHeader] {
        [
            HTTPHeader("access-control-allow-methods", methods),
            HTTPHeader("access-control-allow-headers", requestHeaders),
            HTTPHeader("access-control-max-age", "\(maximumAge)"),
        ]
    }
}
