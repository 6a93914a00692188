public import ClickHouseProtocol
public import Transport

/// Why something that was asked of ClickHouse failed.
public struct ClickHouseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure; more may come.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The kind's name, for logs and metrics.
        public let description: String

        private init(_ description: String) { self.description = description }

        /// The server reported an error: `serverCode` and `message` say which.
        public static let server = Code("server")
        /// No connection could be made.
        public static let connect = Code("connect")
        /// The server speaks something else: the port is another one's, or TLS is missing.
        public static let otherProtocol = Code("other_protocol")
        /// The connection was lost.
        public static let connectionLost = Code("connection_lost")
        /// The deadline passed first. The server was told to stop.
        public static let deadline = Code("deadline")
        /// The task was cancelled. The server was told to stop.
        public static let cancelled = Code("cancelled")
        /// All connections are in use, and none came free in time, or too many wait for one already.
        public static let poolExhausted = Code("pool_exhausted")
        /// The program asked a connection for something while its query before was not done: a mistake of its own.
        public static let connectionInUse = Code("connection_in_use")
        /// The client was closed.
        public static let closed = Code("closed")
        /// The server said something that is not in the protocol, or that this client does not read.
        public static let protocolViolation = Code("protocol")
        /// Rows do not fit the table, or the type that they are decoded into: the message names the column.
        public static let mismatch = Code("mismatch")
    }

    /// The kind of failure.
    public var code: Code
    /// One line for people: what failed and why.
    public var message: String
    /// The server's number for its error: 60 is UNKNOWN_TABLE.
    public var serverCode: Int32?
    /// The errors behind the server's error, from the outside to the inside.
    public var nested: [ServerException] = []
    /// The query that failed.
    public var queryID: String?
    /// The server.
    public var endpoint: Endpoint?
    /// Whether the same again may succeed without anything being changed, and does no harm: true only where the request
    /// certainly had no effect, since it never left, since the server refused it before it began, or since it only reads.
    public var isRetriable: Bool
    /// Whether the request may have had an effect all the same: rows of an INSERT had been sent, or a statement that changes
    /// something, and then the deadline passed, the task was cancelled, the connection was lost or the server failed. All,
    /// some or none of the rows may be in the table. Sending them again does no harm only where the table makes none of
    /// it, as one does that keeps a single row a key, or one that drops repeated blocks (`insert_deduplication_token`).
    public var isOutcomeUnknown = false

    /// Makes an error.
    public init(_ code: Code, _ message: String, isRetriable: Bool = false) {
        self.code = code
        self.message = message
        self.isRetriable = isRetriable
    }

    init(_ exception: ServerException) {
        self.init(.server, exception.message, isRetriable: ServerErrorCode(exception.code).isRetriable)
        serverCode = exception.code
        nested = exception.nested
    }

    init(_ error: ClickHouseProtocolError) {
        self.init(error.code == .mismatch ? .mismatch : .protocolViolation, error.message)
    }

    init(_ error: TransportError, connecting: Bool = false) {
        switch error.code {
        case .deadline: self.init(.deadline, error.message, isRetriable: true)
        case .cancelled: self.init(.cancelled, "cancelled")
        case _ where connecting: self.init(.connect, error.message, isRetriable: true)
        default: self.init(.connectionLost, error.message, isRetriable: true)
        }
        endpoint = error.endpoint
    }

    /// The server's name for its error, where it is a common one: `UNKNOWN_TABLE`.
    public var serverCodeName: String? { serverCode.flatMap { ServerErrorCode($0).name } }

    /// One line for people.
    public var description: String {
        if code == .otherProtocol { return "\(endpoint?.description ?? "the server") \(message)" }
        var text = endpoint.map { "\($0): " } ?? ""
        if let serverCode {
            text += "ClickHouse error \(serverCode)"
            if let name = serverCodeName { text += " (\(name))" }
            text += ": "
        } else if code != .mismatch, code != .connect {
            text += "\(code): "
        }
        text += message
        if isOutcomeUnknown { text += " (it may have had an effect)" }
        if let queryID { text += " [query \(queryID)]" }
        return text
    }

    /// The same error of a request that may have had an effect.
    var withUnknownOutcome: ClickHouseError {
        var error = self
        error.isOutcomeUnknown = true
        error.isRetriable = false
        return error
    }

    func of(query id: String, at endpoint: Endpoint) -> ClickHouseError {
        var error = self
        error.queryID = error.queryID ?? id
        error.endpoint = error.endpoint ?? endpoint
        return error
    }
}
