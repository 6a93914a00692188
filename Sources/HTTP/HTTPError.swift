/// What is wrong with a request, a response, or the way to a server.
public struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of fault; more may come.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: Hashable, Sendable {
            case refused, malformedResponse, limit, deadline, cancelled, closed, connection, endpoint
        }
        private let value: Value

        /// A request that the server refuses; `status` says with what.
        public static let refused = Code(value: .refused)
        /// A server answered with what is no HTTP/1.1.
        public static let malformedResponse = Code(value: .malformedResponse)
        /// A response is larger than the client's limit.
        public static let limit = Code(value: .limit)
        /// Something took longer than it may.
        public static let deadline = Code(value: .deadline)
        /// The task was cancelled.
        public static let cancelled = Code(value: .cancelled)
        /// The peer closed the connection in the middle of a message.
        public static let closed = Code(value: .closed)
        /// The connection failed, or could not be made.
        public static let connection = Code(value: .connection)
        /// The address cannot be used.
        public static let endpoint = Code(value: .endpoint)

        /// The kind's name.
        public var description: String { "\(value)" }
    }

    /// The kind of fault.
    public let code: Code

    /// The status that a server answers with.
    public let status: HTTPStatus

    /// One line for people: what is wrong.
    public let message: String

    /// Headers that the refusal has: `Allow`, `Retry-After`.
    public let headers: [HTTPHeader]

    /// What the log is told beside the message, and no client: the servers behind this one, and what they said.
    public let detail: String?

    /// Whether the request was certainly not handled, so that sending it again does nothing twice.
    public let isUnsent: Bool

    /// Makes an error of a client.
    public init(_ code: Code, _ message: String, isUnsent: Bool = false) {
        self.code = code
        self.status = .internalServerError
        self.message = message
        self.headers = []
        self.detail = nil
        self.isUnsent = isUnsent
    }

    /// Makes a refusal: thrown by a handler it becomes the response.
    ///
    /// - Parameters:
    ///   - status: The response's status.
    ///   - message: What the client gets to read.
    ///   - headers: Headers that the response has.
    ///   - detail: What the log is told beside it.
    public init(_ status: HTTPStatus, _ message: String, headers: [HTTPHeader] = [], detail: String? = nil) {
        self.code = .refused
        self.status = status
        self.message = message
        self.headers = headers
        self.detail = detail
        self.isUnsent = false
    }

    /// One line for the log: the message, and what stands behind it.
    var reason: String { detail.map { "\(message) (\($0))" } ?? message }

    /// One line for people.
    public var description: String { code == .refused ? "\(status.code): \(message)" : message }
}
