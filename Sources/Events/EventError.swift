public import JSON

/// Why a request's body or a Kafka message is no event, or no operation on one.
public struct EventError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of fault; more may come.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: Hashable, Sendable { case json, missing, invalid, duplicate, refused, empty, tooMany }
        private let value: Value

        /// The bytes are not JSON, or not of the types that they must be.
        public static let json = Code(value: .json)
        /// A required field is missing.
        public static let missing = Code(value: .missing)
        /// A field's value is none that it can have.
        public static let invalid = Code(value: .invalid)
        /// A known field stands there twice.
        public static let duplicate = Code(value: .duplicate)
        /// A field that may not be given here.
        public static let refused = Code(value: .refused)
        /// Nothing is asked for.
        public static let empty = Code(value: .empty)
        /// More is asked for than may be asked for at once.
        public static let tooMany = Code(value: .tooMany)

        /// The kind's name.
        public var description: String { "\(value)" }
    }

    /// The kind of fault.
    public let code: Code

    /// The field that it is about, `body` for the whole.
    public let field: String

    /// What is wrong with it.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ field: String, _ message: String) {
        self.code = code
        self.field = field
        self.message = message
    }

    /// An error of the JSON reader, with the field's name before it.
    public init(_ error: JSONError) {
        let place = error.code == .type ? "" : " (at byte \(error.position))"
        self.init(.json, error.path.isEmpty ? "body" : error.path, error.message + place)
    }

    /// The field and what is wrong with it, in one line.
    public var description: String { "\(field): \(message)" }
}
