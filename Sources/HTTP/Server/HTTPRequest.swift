public import Bytes
public import Telemetry
public import Transport

/// A request as its handler gets it.
public struct HTTPRequest {
    /// The request's line and headers.
    public let head: HTTPRequestHead

    /// The body, which comes when the handler asks for it.
    public let body: HTTPRequestBody

    /// What the router found in the path.
    public internal(set) var parameters = HTTPParameters()

    /// The span of what answers the request, where whoever routes it has begun one.
    public var trace: TraceContext?

    let stream: ByteStream?

    /// Makes a request.
    init(head: HTTPRequestHead, body: HTTPRequestBody, stream: ByteStream?) {
        self.head = head
        self.body = body
        self.stream = stream
    }

    /// The method.
    public var method: HTTPMethod { head.method }

    /// The target's path, percent-encoded as it was sent.
    public var path: ByteSlice { head.path }

    /// The target's query.
    public var query: HTTPQuery { HTTPQuery(head.query) }

    /// The headers.
    public var headers: HTTPHeaders { head.headers }

    /// The client's address; nil where the connection is gone.
    public var peerAddress: Endpoint? { stream?.peerAddress }
}

/// Answers requests. A server makes one for each of its loops, and uses it there alone: it needs no locks.
public protocol HTTPResponder {
    /// Answers a request, or says how to.
    ///
    /// - Throws: `HTTPError` for what is refused. Anything else is logged, and answered with 500.
    func answer(to request: HTTPRequest) throws -> HTTPAnswer
}

/// A responder's answer: most are known at once, and cost no switch of tasks then.
public enum HTTPAnswer {
    /// The response.
    case now(HTTPResponse)

    /// What must be waited for: the function is called with the request, and may throw what `answer(to:)` may.
    case later(HTTPRequest, (HTTPRequest) async throws -> HTTPResponse)
}
