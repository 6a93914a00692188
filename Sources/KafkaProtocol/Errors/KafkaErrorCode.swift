/// An error that a broker reports, by Kafka's number.
public struct KafkaErrorCode: RawRepresentable, Hashable, Sendable {
    /// Kafka's number; 0 is no error.
    public let rawValue: Int16

    /// The error of that number, known or not.
    public init(rawValue: Int16) { self.rawValue = rawValue }

    /// Whether this is an error at all.
    public var isError: Bool { rawValue != 0 }

    /// Kafka's name: "NOT_LEADER_OR_FOLLOWER"; "ERROR_999" where the number is not known.
    public var name: String { entry?.name ?? "ERROR_\(rawValue)" }

    /// Whether the same request may succeed later, or at another broker.
    public var isRetriable: Bool { entry?.isRetriable ?? false }

    /// What it means, in one line.
    public var message: String { entry?.message ?? "an error that this program does not know" }

    private var entry: Entry? {
        let index = Int(rawValue) + 1
        return Self.entries.indices.contains(index) ? Self.entries[index] : nil
    }
}

extension KafkaErrorCode: CustomStringConvertible {
    /// Kafka's name and what it means.
    public var description: String { "\(name) (\(message))" }
}
