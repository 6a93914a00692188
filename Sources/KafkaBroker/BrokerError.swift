/// Why the broker could not start, or could not keep what it was given.
public struct BrokerError: Error, Sendable, CustomStringConvertible {
    /// The kinds of fault; more may come.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The kind's name.
        public let description: String

        /// A setting is out of its range.
        public static let configuration = Code(description: "configuration")
        /// Another process works on the data folder.
        public static let locked = Code(description: "locked")
        /// A file could not be read, written, made or removed.
        public static let storage = Code(description: "storage")
        /// A file holds what this broker never wrote.
        public static let damaged = Code(description: "damaged")
    }

    /// The kind of fault.
    public let code: Code

    /// What failed, where, and what to do, in one line.
    public let message: String

    /// The file or folder that it happened to.
    public let path: String?

    /// The system's error number, or 0.
    public let errno: Int32

    init(_ code: Code, _ message: String, path: String? = nil, errno: Int32 = 0) {
        self.code = code
        self.message = message
        self.path = path
        self.errno = errno
    }

    /// One line for people.
    public var description: String { message }
}
