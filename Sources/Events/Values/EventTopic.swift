/// The topic of the operations, and how it is made where it is missing: the same by whichever service comes first.
public struct EventTopic: Sendable, Hashable {
    /// The topic's name.
    public var name: String

    /// How many partitions it gets; the topic of the dead letters gets one.
    public var partitions: Int

    /// A topic.
    public init(_ name: String = "events", partitions: Int = 3) {
        self.name = name
        self.partitions = partitions
    }

    /// Where messages go that can never be applied.
    public var deadLetterName: String { name + ".dlq" }

    /// The largest message of both topics, in bytes. Kafka's own default is about a mebibyte.
    public static let maximumMessage = 16 << 20

    /// The largest body that a request may have, in bytes: its operation fits into a message, with its key, a batch's
    /// head, and what a dead letter's headers add.
    public static let maximumBody = maximumMessage - 65_536

    /// The settings that both topics are made with, by Kafka's names.
    public var settings: [String: String] { ["max.message.bytes": String(Self.maximumMessage)] }
}
