public import Bytes
public import Events

/// Which events are asked for: all conditions hold together, and one that is not given holds for every event.
public struct EventFilter: Sendable, Hashable {
    /// The conversation that they belong to.
    public var conversationID: String?

    /// The names that they may have; any, where there is none.
    public var eventNames: Set<String> = []

    /// Whether they have an error.
    public var hasError: Bool?

    /// The least latency, in milliseconds.
    public var minimumLatency: Double?

    /// The greatest latency, in milliseconds.
    public var maximumLatency: Double?

    /// When they were created: not before this.
    public var from: Timestamp?

    /// When they were created: before this.
    public var to: Timestamp?

    /// Each stands somewhere in the input, the output or the error, in whatever case (Unicode's full case folding).
    public var words: Set<String> = []

    /// What their metadata holds.
    public var metadata: Set<Metadata> = []

    /// Every event.
    public init() {}

    /// A condition on a value in `conversation_metadata`, where that is a JSON object.
    public struct Metadata: Sendable, Hashable {
        /// The keys that lead to the value, from the outermost on; at least one.
        public var path: [String]
        /// The value's text: of a text itself, of a number or a boolean what JSON writes. Null, objects and lists have none.
        public var value: String

        /// Makes a condition.
        public init(path: [String], value: String) {
            self.path = path
            self.value = value
        }
    }

    /// Whether every event meets it.
    public var isEmpty: Bool { self == EventFilter() }

    /// Bytes that two filters share only where they are the same: cursors are bound to them.
    public var fingerprint: ByteSlice {
        var parts: [[String]] = [
            conversationID.map { [$0] } ?? [], eventNames.sorted(), hasError.map { ["\($0)"] } ?? [],
            minimumLatency.map { ["\($0)"] } ?? [], maximumLatency.map { ["\($0)"] } ?? [],
            from.map { ["\($0.milliseconds)"] } ?? [], to.map { ["\($0.milliseconds)"] } ?? [], words.sorted(),
        ]
        parts += metadata.map { $0.path + [$0.value] }.sorted { $0.lexicographicallyPrecedes($1) }
        var writer = ByteWriter()
        for part in parts {
            writer.writeVarint(UInt64(part.count))
            for text in part {
                writer.writeVarint(UInt64(text.utf8.count))
                writer.write(text)
            }
        }
        return writer.finish()
    }
}
