public import Bytes

/// Why bytes are no message or batch of Kafka's, or why a value cannot be written as one.
public struct KafkaProtocolError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of fault; more may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The kind's name.
        public let description: String

        init(_ description: String) { self.description = description }

        /// The bytes end within a value.
        public static let endOfBytes = Code("end of bytes")
        /// The bytes can be no such value.
        public static let malformed = Code("malformed")
        /// A length or a count is negative, past what the bytes can hold, or past a limit.
        public static let limit = Code("limit")
        /// The message, batch format or compression is not known in this version.
        public static let unsupported = Code("unsupported")
        /// The bytes are not those that their checksum was taken of.
        public static let checksum = Code("checksum")
        /// A value has no form on the wire: a text that is too long, a null where the version knows none.
        public static let unwritable = Code("unwritable")
    }

    /// The kind of fault.
    public let code: Code

    /// What is wrong, in one line.
    public let message: String

    /// What was read or written: "MetadataResponse version 9".
    public internal(set) var context: String?

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The error for a fault of the byte room.
    public init(_ error: ByteError) {
        let code: Code =
            switch error.code {
            case .endOfBytes: .endOfBytes
            case .malformed: .malformed
            case .limit: .limit
            }
        self.init(code, error.description)
    }

    /// One line for people.
    public var description: String {
        if let context { "\(context): \(message)" } else { message }
    }
}
