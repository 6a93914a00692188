/// What an update changes: nil leaves a field as it is; an empty text, a zero and an empty array are values like any other.
public struct EventChanges: Sendable, Hashable {
    /// What it is.
    public var eventName: String?
    /// What went in.
    public var input: String?
    /// What came out.
    public var output: String?
    /// How long it took, in milliseconds.
    public var latency: Double?
    /// What went wrong; empty for nothing.
    public var error: String?
    /// What is known of the conversation: JSON by convention. `setMetadata(_:)` encodes any value.
    public var conversationMetadata: String?
    /// The input's embedding.
    public var inputEmbeddings: [Float]?
    /// The output's embedding.
    public var outputEmbeddings: [Float]?

    /// Makes changes.
    public init(
        eventName: String? = nil, input: String? = nil, output: String? = nil, latency: Double? = nil,
        error: String? = nil, conversationMetadata: String? = nil, inputEmbeddings: [Float]? = nil,
        outputEmbeddings: [Float]? = nil
    ) {
        self.eventName = eventName
        self.input = input
        self.output = output
        self.latency = latency
        self.error = error
        self.conversationMetadata = conversationMetadata
        self.inputEmbeddings = inputEmbeddings
        self.outputEmbeddings = outputEmbeddings
    }

    /// Sets the conversation's metadata to a value's JSON.
    ///
    /// - Throws: `EventClientError` `.validation` where the value has no JSON.
    public mutating func setMetadata(_ value: some Encodable) throws(EventClientError) {
        conversationMetadata = try metadataText(value)
    }
}
