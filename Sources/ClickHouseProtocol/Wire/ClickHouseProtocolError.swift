internal import Bytes

/// Why bytes of ClickHouse's native protocol could not be read, or values could not be written.
public struct ClickHouseProtocolError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of fault; more may come.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private let name: String

        private init(_ name: String) { self.name = name }

        /// Bytes that can be no such value, whatever follows. The connection that they came from is of no more use.
        public static let malformed = Code("malformed")
        /// A length or a count past the limit that the reader was given.
        public static let limit = Code("limit")
        /// A column type, or a way of writing one, that this module does not read or write.
        public static let unsupportedType = Code("unsupported type")
        /// Something that the other side's revision of the protocol does not have.
        public static let unsupportedRevision = Code("unsupported revision")
        /// A compression method other than LZ4, Zstandard and none.
        public static let unsupportedCompression = Code("unsupported compression")
        /// A compressed frame whose checksum is not that of its bytes.
        public static let checksum = Code("checksum")
        /// A packet that has no place in the conversation at this point.
        public static let unexpectedPacket = Code("unexpected packet")
        /// Columns that do not fit each other or the table: lengths, names, types.
        public static let mismatch = Code("mismatch")

        /// The code's name.
        public var description: String { name }
    }

    /// The kind of fault.
    public let code: Code

    /// One line for people: what was read or written, where, and what is wrong with it.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// What a reader of bytes found.
    init(_ error: ByteError) {
        switch error.code {
        case .limit: self.init(.limit, error.description)
        case .malformed, .endOfBytes: self.init(.malformed, error.description)
        }
    }

    /// The same fault, saying where it was found.
    func within(_ place: String) -> ClickHouseProtocolError {
        ClickHouseProtocolError(code, "\(place): \(message)")
    }

    /// One line for people.
    public var description: String { "\(code): \(message)" }
}
