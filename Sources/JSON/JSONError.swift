/// Why bytes are not the JSON that was asked for.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of fault; more may come.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: Hashable, Sendable { case syntax, truncated, encoding, depth, type }
        private let value: Value

        /// The bytes break JSON's grammar (RFC 8259).
        public static let syntax = Code(value: .syntax)
        /// The bytes end before the value does.
        public static let truncated = Code(value: .truncated)
        /// A string is not text: invalid UTF-8, half a surrogate pair, or a byte-order mark before the value.
        public static let encoding = Code(value: .encoding)
        /// Objects and arrays stand in one another deeper than the reader's limit.
        public static let depth = Code(value: .depth)
        /// A value is of another type than the one that was asked for.
        public static let type = Code(value: .type)

        /// The kind's name.
        public var description: String { "\(value)" }
    }

    /// The kind of fault.
    public let code: Code

    /// What is wrong, without the place: "must be a string, not a number".
    public let message: String

    /// The byte at which it is wrong, counted from the document's start.
    public let position: Int

    /// The field that holds the fault, such as `data.tags[2].name`; empty for the document itself.
    public let path: String

    /// Makes an error.
    public init(_ code: Code, _ message: String, at position: Int, path: String) {
        self.code = code
        self.message = message
        self.position = position
        self.path = path
    }

    /// One line for people: the field, what is wrong with it, and the byte.
    public var description: String {
        path.isEmpty ? "\(message) (at byte \(position))" : "\(path): \(message) (at byte \(position))"
    }
}
