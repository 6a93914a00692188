import Events
public import FoundationEssentials

/// Which events are meant: those that everything given here holds for.
public struct EventFilter: Sendable, Hashable {
    /// A place in `conversation_metadata` where that is a JSON object, and what stands there.
    public struct Metadata: Sendable, Hashable {
        /// The keys that lead there, from the outside to the inside.
        public var path: [String]
        /// The value's text; of a number or a boolean its JSON text.
        public var value: String

        /// Makes a condition: `Metadata("user", "id", is: "7")`.
        public init(_ path: String..., is value: String) {
            self.path = path
            self.value = value
        }
    }

    /// Those of this conversation.
    public var conversationID: String?
    /// Those of any of these names; empty for all.
    public var eventNames: [String] = []
    /// Those with an error, or those without.
    public var hasError: Bool?
    /// Those that took at least so many milliseconds.
    public var minimumLatency: Double?
    /// Those that took at most so many milliseconds.
    public var maximumLatency: Double?
    /// Those from this moment on.
    public var from: Date?
    /// Those before this moment.
    public var to: Date?
    /// Those in whose input, output or error each of these words stands somewhere, whatever the case; words are parted by
    /// white space.
    public var words: String?
    /// Those for whose metadata all of this holds.
    public var metadata: [Metadata] = []

    /// All events, unless more is said.
    public init(
        conversationID: String? = nil, eventNames: [String] = [], hasError: Bool? = nil, minimumLatency: Double? = nil,
        maximumLatency: Double? = nil, from: Date? = nil, to: Date? = nil, words: String? = nil,
        metadata: [Metadata] = []
    ) {
        self.conversationID = conversationID
        self.eventNames = eventNames
        self.hasError = hasError
        self.minimumLatency = minimumLatency
        self.maximumLatency = maximumLatency
        self.from = from
        self.to = to
        self.words = words
        self.metadata = metadata
    }

    /// Adds it to a query.
    func write(to target: inout Target) throws(EventClientError) {
        if let conversationID { target.add("conversation_id", try Self.given("conversation_id", conversationID)) }
        for name in eventNames { target.add("event_name", try Self.given("event_name", name)) }
        target.add("error", hasError.map { $0 ? "true" : "false" })
        for (name, latency) in [("latency_min", minimumLatency), ("latency_max", maximumLatency)] {
            guard let latency else { continue }
            guard latency.isFinite, latency >= 0 else { throw .wrong(name, "must be a finite number of at least 0") }
            target.add(name, "\(latency)")
        }
        for (name, date) in [("from", from), ("to", to)] {
            guard let date else { continue }
            target.add(name, try Timestamp(date, field: name).description)
        }
        if let words { target.add("q", try Self.given("q", words)) }
        for condition in metadata {
            guard !condition.path.isEmpty else { throw .wrong("metadata", "must have a path") }
            let name = "metadata." + condition.path.map(Self.quoted).joined(separator: ".")
            target.add(name, try Self.given(name, condition.value))
        }
    }

    private static func given(_ name: String, _ value: String) throws(EventClientError) -> String {
        guard !value.isEmpty else { throw .wrong(name, "must not be empty") }
        return value
    }

    /// A key as it stands in a path: in backquotes where it would be read as something else.
    static func quoted(_ key: String) -> String {
        guard key.isEmpty || key.unicodeScalars.contains(where: { $0 == "." || $0 == "`" }) else { return key }
        var text = "`"
        for scalar in key.unicodeScalars {
            if scalar == "`" { text += "`" }
            text.unicodeScalars.append(scalar)
        }
        return text + "`"
    }
}
