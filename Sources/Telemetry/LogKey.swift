/// A log line's key. Rooms declare theirs as constants, so that one thing has one name everywhere:
///
///     extension LogKey { static let topic: LogKey = "topic" }
///     log.info("topic created", metadata: [.topic: name])
public struct LogKey: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The key as it is written.
    public let description: String

    /// A key.
    public init(_ name: String) { description = name }

    /// A key from a literal.
    public init(stringLiteral value: String) { description = value }

    /// What went wrong.
    public static let error: LogKey = "error"
    /// Where to: host and port.
    public static let endpoint: LogKey = "endpoint"
    /// How many.
    public static let count: LogKey = "count"
    /// How long it took, in milliseconds.
    public static let milliseconds: LogKey = "milliseconds"
}

/// What a log line says beside its message, in the order in which it was written.
public struct LogMetadata: Sendable, ExpressibleByDictionaryLiteral {
    /// Keys and values.
    public var pairs: [(key: LogKey, value: String)]

    /// Nothing.
    public init() { pairs = [] }

    /// From a literal: values are any that can be described.
    public init(dictionaryLiteral elements: (LogKey, any CustomStringConvertible & Sendable)...) {
        pairs = elements.map { ($0, $1.description) }
    }

    /// The value for a key; setting it replaces or adds.
    public subscript(key: LogKey) -> String? {
        get { pairs.first { $0.key == key }?.value }
        set {
            pairs.removeAll { $0.key == key }
            if let newValue { pairs.append((key, newValue)) }
        }
    }
}
