/// Is told of all that a server answers, and of what it refuses before it is a request: for logs and metrics. It is called
/// on the request's loop, and must not block it.
public protocol HTTPObserver: Sendable {
    /// A request is there.
    func began()

    /// Its response is known; the body of that may still be to come.
    func ended(_ exchange: HTTPExchange)
}

/// A request and what came of it.
public struct HTTPExchange: Sendable {
    /// The request's line and headers; nil where it was refused before they were whole.
    public let request: HTTPRequestHead?

    /// The response's status; 499 where the client has gone in the middle of its request.
    public let status: HTTPStatus

    /// The time from the request's head to its response.
    public let duration: Duration

    /// The client has gone in the middle of its request (nginx's number).
    static let clientGone = HTTPStatus(499)
}
