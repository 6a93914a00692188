/// Why the store could not be read, written or brought up to date.
public struct EventStoreError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure; more may come.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The kind's name.
        public let description: String

        /// ClickHouse cannot be reached, or the connection broke.
        public static let unavailable = Code(description: "unavailable")
        /// A query took longer, or more memory, than it may.
        public static let tooExpensive = Code(description: "tooExpensive")
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
