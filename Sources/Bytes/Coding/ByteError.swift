/// Why bytes could not be read.
public struct ByteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of fault.
    public enum Code: Hashable, Sendable {
        /// Fewer bytes are there than the value takes. With more of them it may be read.
        case endOfBytes
        /// The bytes can be no such value, whatever follows.
        case malformed
        /// A length or a count is negative, or past the limit that the reader was given.
        case limit
    }

    /// The kind of fault.
    public let code: Code

    /// What was read, for the person who looks for the fault: "a varint", "the record's key".
    public let what: StaticString

    /// How far the reader was, in bytes from its start.
    public let position: Int

    /// Makes an error.
    @inlinable
    public init(_ code: Code, _ what: StaticString, at position: Int) {
        self.code = code
        self.what = what
        self.position = position
    }

    /// One line for people.
    public var description: String {
        switch code {
        case .endOfBytes: "the bytes end within \(what) (at byte \(position))"
        case .malformed: "malformed: \(what) (at byte \(position))"
        case .limit: "past its limit: \(what) (at byte \(position))"
        }
    }

    /// Whether both are the same fault at the same place.
    public static func == (left: ByteError, right: ByteError) -> Bool {
        left.code == right.code && left.position == right.position && left.what.description == right.what.description
    }

    /// Feeds the kind and the place into the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(position)
    }
}
