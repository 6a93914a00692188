/// Why bytes could not be compressed or decompressed.
public struct CompressionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of fault; more may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The kind's name.
        public let description: String

        init(_ description: String) { self.description = description }

        /// The bytes are not in the format, damaged, or end too early.
        public static let malformed = Code("malformed")
        /// The result would be larger than the caller allows.
        public static let limit = Code("limit")
        /// The bytes use a part of the format that is not supported.
        public static let unsupported = Code("unsupported")
        /// The library that does the work could not.
        public static let library = Code("library")
    }

    /// The kind of fault.
    public let code: Code

    /// What is wrong, in one line.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// One line for people.
    public var description: String { message }

    static func limit(_ format: String, _ limit: Int) -> CompressionError {
        CompressionError(.limit, "\(format): decompresses to more than \(limit) bytes")
    }

    static func truncated(_ format: String) -> CompressionError {
        CompressionError(.malformed, "\(format): the compressed bytes end too early")
    }
}
