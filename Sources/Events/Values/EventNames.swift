import Bytes

/// The event names that the API lets in.
public struct EventNames: Sendable {
    /// Nil where any name is let in.
    private let allowed: [ByteSlice]?

    /// Any name.
    public static let any = EventNames(allowed: nil)

    private init(allowed: [ByteSlice]?) { self.allowed = allowed }

    /// These names alone.
    public init(_ names: [String]) {
        allowed = names.map { ByteSlice(utf8: $0) }
    }

    /// The longest name that an event may have, in bytes of UTF-8.
    public static let maximumBytes = 256

    /// Reads a comma-separated list; `*` lets any name in. Nil where it names none, or one that is too long.
    public init?(list: String) {
        let names = list.split(separator: ",").map { $0.trimmingSpaces() }.filter { !$0.isEmpty }
        guard !names.isEmpty, names.allSatisfy({ $0.utf8.count <= Self.maximumBytes }) else { return nil }
        if names.contains("*") { self = .any } else { self.init(names) }
    }

    /// The names that are let in; nil where any is.
    public var list: [String]? { allowed?.map(\.description) }

    /// Whether the name, in UTF-8, is let in.
    public func allows(_ name: RawSpan) -> Bool {
        guard let allowed else { return true }
        for candidate in allowed where candidate.span.holdsSameBytes(as: name) { return true }
        return false
    }
}

extension EventNames: CustomStringConvertible {
    /// The names, for messages.
    public var description: String {
        allowed.map { $0.map(\.description).joined(separator: ", ") } ?? "any"
    }
}

extension Substring {
    /// Without the spaces at its ends.
    func trimmingSpaces() -> String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
