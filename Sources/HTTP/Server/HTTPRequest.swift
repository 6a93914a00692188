public import Bytes
public import Transport

/// A request as its handler gets it.
public struct HTTPRequest {
    /// The request's line and headers.
    public let head: HTTPRequestHead

    /// The body, which comes when the handler asks for it.
    public let body: HTTPRequestBody

    /// What the router found in the path.
    public internal(set) var parameters = HTTPParameters()

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
    /// Answers a request. Where nothing in it waits, it costs no switch of tasks.
    ///
    /// - Throws: `HTTPError` for what is refused. Anything else is logged, and answered with 500.
    func respond(to request: HTTPRequest) async throws -> HTTPResponse
}
