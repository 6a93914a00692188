/// Lets pages of other origins call the server (the Fetch standard, section 3.2).
///
/// `headers` go into `HTTPServerConfiguration.responseHeaders`, so that what the server refuses itself can be read by a
/// page, too; `answering` answers the questions that browsers ask before.
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

    /// A responder that answers a browser's question whether it may, and does what `next` does with all else.
    public func answering(_ next: any HTTPResponder) -> any HTTPResponder {
        Answering(
            next: next,
            answer: [
                HTTPHeader("access-control-allow-methods", methods),
                HTTPHeader("access-control-allow-headers", requestHeaders),
                HTTPHeader("access-control-max-age", "\(maximumAge)"),
            ])
    }

    private struct Answering: HTTPResponder {
        let next: any HTTPResponder
        let answer: [HTTPHeader]

        func respond(to request: HTTPRequest) async throws -> HTTPResponse {
            guard request.method == .options else { return try await next.respond(to: request) }
            if request.headers.first("access-control-request-method") != nil {
                return HTTPResponse(.noContent, headers: answer)
            }
            // Somebody asks what may be done here: that is part of it.
            var response = try await next.respond(to: request)
            response.headers += answer
            return response
        }
    }
}
