public import Bytes

/// An event as it is stored: one row.
public struct Event: Sendable {
    /// The id; it never changes, like the conversation and the time of creation.
    public let id: EventID
    /// The conversation, in UTF-8 like all text here.
    public let conversationID: ByteSlice
    /// JSON by convention, not looked into.
    public var conversationMetadata: ByteSlice
    /// The name of the step.
    public var eventName: ByteSlice
    /// Empty where nothing failed.
    public var error: ByteSlice
    /// Milliseconds.
    public var latency: Double
    /// What went in.
    public var input: ByteSlice
    /// What came out.
    public var output: ByteSlice
    /// The vector of the input.
    public var inputEmbeddings: [Float]
    /// The vector of the output.
    public var outputEmbeddings: [Float]
    /// When it happened: what its create says, else when that was accepted.
    public let createdAt: Timestamp
    /// When the last operation that changed it was accepted; never before `createdAt`.
    public var updatedAt: Timestamp
    /// Whether the event was deleted; such a row holds nothing but what finds it.
    public var isDeleted: Bool
    /// The message that made this row.
    public var version: EventVersion

    /// Makes a row that holds nothing but what finds it.
    public init(
        id: EventID, conversationID: ByteSlice, createdAt: Timestamp, updatedAt: Timestamp, isDeleted: Bool,
        version: EventVersion
    ) {
        self.id = id
        self.conversationID = conversationID
        conversationMetadata = .empty
        eventName = .empty
        error = .empty
        latency = 0
        input = .empty
        output = .empty
        inputEmbeddings = []
        outputEmbeddings = []
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.isDeleted = isDeleted
        self.version = version
    }

    /// About how much memory the row takes, in bytes.
    public var size: Int {
        let text =
            conversationID.count + conversationMetadata.count + eventName.count + error.count + input.count
            + output.count
        return text + 4 * (inputEmbeddings.count + outputEmbeddings.count) + 256
    }
}
