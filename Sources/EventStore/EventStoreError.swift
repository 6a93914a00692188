import ClickHouseClient

/// Why the store could not be read, written or brought up to date.
public struct EventStoreError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure; more may come.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The kind's name.
        public let description: String

        /// ClickHouse cannot be reached, or the connection broke.
        public static let unavailable = Code(description: "unavailable")
        /// ClickHouse may be well, but all that may be asked of it at once is being asked: every connection is in use, too
        /// many read slowly, or ClickHouse itself takes no more queries. Trying again later helps.
        public static let busy = Code(description: "busy")
        /// The connection stood, but the answer did not come in time: the query takes too long, or ClickHouse hangs. The
        /// message says which.
        public static let timeout = Code(description: "timeout")
        /// A query needs more memory, or gives a larger result, than it may: a narrower one helps.
        public static let tooExpensive = Code(description: "tooExpensive")
        /// What is asked about is not there.
        public static let notFound = Code(description: "notFound")
        /// What is asked about is there, but does not have what it would take to answer.
        public static let unsuitable = Code(description: "unsuitable")
        /// The task that asked was cancelled.
        public static let cancelled = Code(description: "cancelled")
        /// ClickHouse refused: the message says why.
        public static let server = Code(description: "server")
        /// The database's schema is not the one that this program works with.
        public static let schema = Code(description: "schema")
        /// The topic is not the one whose events the database holds.
        public static let topic = Code(description: "topic")
        /// The answer is not of the expected form.
        public static let malformed = Code(description: "malformed")
    }

    /// The kind of failure.
    public let code: Code

    /// What failed, where, and what to do, in one line.
    public let message: String

    /// Whether no restart will cure it: a person has to do something.
    public let isPermanent: Bool

    /// Makes an error.
    public init(_ code: Code, _ message: String, isPermanent: Bool = false) {
        self.code = code
        self.message = message
        self.isPermanent = isPermanent
    }

    /// One line for people.
    public var description: String { message }
}

extension EventStoreError {
    /// What an error means that came up while ClickHouse was asked.
    init(_ error: any Error) {
        switch error {
        case let error as EventStoreError: self = error
        case let error as ClickHouseError: self.init(error)
        case is CancellationError: self.init(.cancelled, "cancelled")
        default: self.init(.unavailable, "\(error)")
        }
    }

    init(_ error: ClickHouseError) {
        let code: Code =
            switch error.code {
            case .server: Self.code(ofServerError: error.serverCode ?? 0)
            case .poolExhausted: .busy
            case .deadline: .timeout
            case .cancelled: .cancelled
            case .mismatch, .protocolViolation, .otherProtocol: .server
            default: .unavailable
            }
        self.init(code, error.description)
    }

    /// (ClickHouse: src/Common/ErrorCodes.cpp.)
    private static func code(ofServerError number: Int32) -> Code {
        switch number {
        case 159, 160: .timeout  // TIMEOUT_EXCEEDED, TOO_SLOW
        // TOO_MANY_ROWS, MEMORY_LIMIT_EXCEEDED, TOO_MANY_BYTES, TOO_MANY_ROWS_OR_BYTES
        case 158, 241, 307, 396: .tooExpensive
        case 202, 252, 439: .busy  // TOO_MANY_SIMULTANEOUS_QUERIES, TOO_MANY_PARTS, CANNOT_SCHEDULE_TASK
        case 60, 81: .schema  // UNKNOWN_TABLE, UNKNOWN_DATABASE
        case 236: .unavailable  // ABORTED: the server is shutting down
        default: .server
        }
    }
}
