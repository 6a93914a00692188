public import FoundationEssentials

/// An event as the API has it: one step of a conversation.
///
/// It encodes to, and decodes from, the JSON that the API speaks.
public struct Event: Sendable, Hashable, Codable, Identifiable {
    /// The id.
    public var id: UUID
    /// What it belongs to.
    public var conversationID: String
    /// What is known of the conversation: JSON by convention. `metadata(as:)` decodes it.
    public var conversationMetadata: String
    /// What it is.
    public var eventName: String
    /// What went wrong; empty where nothing did.
    public var error: String
    /// How long it took, in milliseconds.
    public var latency: Double
    /// What went in.
    public var input: String
    /// What came out.
    public var output: String
    /// The input's embedding; empty where there is none.
    public var inputEmbeddings: [Float]
    /// The output's embedding; empty where there is none.
    public var outputEmbeddings: [Float]
    /// When it happened, to the millisecond.
    public var createdAt: Date
    /// When it was changed last, to the millisecond.
    public var updatedAt: Date

    /// The conversation's metadata as a value.
    ///
    /// - Throws: `EventClientError` `.validation` where it is no JSON of this type.
    public func metadata<Metadata: Decodable>(as type: Metadata.Type) throws(EventClientError) -> Metadata {
        do {
            return try JSONDecoder().decode(type, from: Data(conversationMetadata.utf8))
        } catch {
            throw .wrong("conversation_metadata", "is no \(type): \(error)")
        }
    }

    private enum CodingKeys: String, CodingKey {
        case id, error, latency, input, output
        case conversationID = "conversation_id"
        case conversationMetadata = "conversation_metadata"
        case eventName = "event_name"
        case inputEmbeddings = "input_embeddings"
        case outputEmbeddings = "output_embeddings"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    /// Reads the API's form.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decode(UUID.self, forKey: .id)
        conversationID = try fields.decode(String.self, forKey: .conversationID)
        conversationMetadata = try fields.decode(String.self, forKey: .conversationMetadata)
        eventName = try fields.decode(String.self, forKey: .eventName)
        error = try fields.decode(String.self, forKey: .error)
        latency = try fields.decode(Double.self, forKey: .latency)
        input = try fields.decode(String.self, forKey: .input)
        output = try fields.decode(String.self, forKey: .output)
        inputEmbeddings = try fields.decode([Float].self, forKey: .inputEmbeddings)
        outputEmbeddings = try fields.decode([Float].self, forKey: .outputEmbeddings)
        createdAt = try fields.moment(.createdAt)
        updatedAt = try fields.moment(.updatedAt)
    }

    /// Writes the API's form.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(id, forKey: .id)
        try fields.encode(conversationID, forKey: .conversationID)
        try fields.encode(conversationMetadata, forKey: .conversationMetadata)
        try fields.encode(eventName, forKey: .eventName)
        try fields.encode(error, forKey: .error)
        try fields.encode(latency, forKey: .latency)
        try fields.encode(input, forKey: .input)
        try fields.encode(output, forKey: .output)
        try fields.encode(inputEmbeddings, forKey: .inputEmbeddings)
        try fields.encode(outputEmbeddings, forKey: .outputEmbeddings)
        try fields.encode(moment: createdAt, forKey: .createdAt)
        try fields.encode(moment: updatedAt, forKey: .updatedAt)
    }
}
