import Events
public import FoundationEssentials

/// An event to be created. Its id is chosen here, so that it can be sent again safely: an id that is there already changes
/// nothing.
///
/// It encodes to, and decodes from, the JSON that the API speaks.
public struct NewEvent: Sendable, Hashable, Codable, Identifiable {
    /// The id: a UUID of version 7 unless another is set, so that ids are in the order in which they were made.
    public var id: UUID
    /// What it belongs to, 1 to 2,048 bytes of UTF-8.
    public var conversationID: String
    /// What it is, one of the names that the API allows, up to 256 bytes of UTF-8.
    public var eventName: String
    /// What went in.
    public var input: String
    /// What came out.
    public var output: String
    /// How long it took, in milliseconds.
    public var latency: Double
    /// What went wrong; empty where nothing did.
    public var error: String
    /// What is known of the conversation: JSON by convention. `setMetadata(_:)` encodes any value.
    public var conversationMetadata: String
    /// The input's embedding.
    public var inputEmbeddings: [Float]
    /// The output's embedding.
    public var outputEmbeddings: [Float]
    /// When it happened, from the year 2000 to five minutes from now; nil for when the API accepts it, or, in a buffer, for
    /// when the buffer takes it. Kept to the millisecond.
    public var createdAt: Date?

    /// Makes an event.
    public init(
        conversationID: String, eventName: String, input: String = "", output: String = "", latency: Double = 0,
        error: String = "", conversationMetadata: String = "", inputEmbeddings: [Float] = [],
        outputEmbeddings: [Float] = [], createdAt: Date? = nil, id: UUID? = nil
    ) {
        self.id = id ?? Self.newID()
        self.conversationID = conversationID
        self.eventName = eventName
        self.input = input
        self.output = output
        self.latency = latency
        self.error = error
        self.conversationMetadata = conversationMetadata
        self.inputEmbeddings = inputEmbeddings
        self.outputEmbeddings = outputEmbeddings
        self.createdAt = createdAt
    }

    /// A new id, of version 7 (RFC 9562).
    public static func newID() -> UUID {
        let now = Timestamp(Date()) ?? Timestamp(milliseconds: 0)
        return EventIDGenerator.shared.next(at: now).uuid
    }

    /// Sets the conversation's metadata to a value's JSON.
    ///
    /// - Throws: `EventClientError` `.validation` where the value has no JSON.
    public mutating func setMetadata(_ value: some Encodable) throws(EventClientError) {
        conversationMetadata = try metadataText(value)
    }

    private enum CodingKeys: String, CodingKey {
        case id, error, latency, input, output
        case conversationID = "conversation_id"
        case conversationMetadata = "conversation_metadata"
        case eventName = "event_name"
        case inputEmbeddings = "input_embeddings"
        case outputEmbeddings = "output_embeddings"
        case createdAt = "created_at"
    }

    /// Reads the API's form: what is left out has its default, an id that is left out is made.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) throws -> String { try fields.decodeIfPresent(String.self, forKey: key) ?? "" }
        func numbers(_ key: CodingKeys) throws -> [Float] {
            try fields.decodeIfPresent([Float].self, forKey: key) ?? []
        }
        self.init(
            conversationID: try fields.decode(String.self, forKey: .conversationID),
            eventName: try fields.decode(String.self, forKey: .eventName), input: try text(.input),
            output: try text(.output), latency: try fields.decodeIfPresent(Double.self, forKey: .latency) ?? 0,
            error: try text(.error), conversationMetadata: try text(.conversationMetadata),
            inputEmbeddings: try numbers(.inputEmbeddings), outputEmbeddings: try numbers(.outputEmbeddings),
            createdAt: try fields.momentIfPresent(.createdAt), id: try fields.decodeIfPresent(UUID.self, forKey: .id))
    }

    /// Writes the API's form.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(EventID(id).description, forKey: .id)
        try fields.encode(conversationID, forKey: .conversationID)
        try fields.encode(eventName, forKey: .eventName)
        try fields.encode(input, forKey: .input)
        try fields.encode(output, forKey: .output)
        try fields.encode(latency, forKey: .latency)
        try fields.encode(error, forKey: .error)
        try fields.encode(conversationMetadata, forKey: .conversationMetadata)
        try fields.encode(inputEmbeddings, forKey: .inputEmbeddings)
        try fields.encode(outputEmbeddings, forKey: .outputEmbeddings)
        if let createdAt { try fields.encode(moment: createdAt, forKey: .createdAt) }
    }
}

/// A value's JSON, keys in order, so that the same value gives the same text.
func metadataText(_ value: some Encodable) throws(EventClientError) -> String {
    do {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
        throw .wrong("conversation_metadata", "has no JSON: \(error)")
    }
}
