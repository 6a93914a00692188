import JSON

/// The fields of an event that clients see, in the order in which they are shown.
enum EventField: Int, CaseIterable {
    case id, conversationID, conversationMetadata, eventName, error, latency, input, output
    case inputEmbeddings, outputEmbeddings, createdAt, updatedAt

    /// The name in JSON and in ClickHouse.
    var name: StaticString {
        switch self {
        case .id: "id"
        case .conversationID: "conversation_id"
        case .conversationMetadata: "conversation_metadata"
        case .eventName: "event_name"
        case .error: "error"
        case .latency: "latency"
        case .input: "input"
        case .output: "output"
        case .inputEmbeddings: "input_embeddings"
        case .outputEmbeddings: "output_embeddings"
        case .createdAt: "created_at"
        case .updatedAt: "updated_at"
        }
    }

    /// What a create's field is where the client sends none, as JSON; nil where it must send one, or the API makes it.
    var defaultJSON: StaticString? {
        switch self {
        case .conversationMetadata, .error, .input, .output: "\"\""
        case .latency: "0"
        case .inputEmbeddings, .outputEmbeddings: "[]"
        case .id, .conversationID, .eventName, .createdAt, .updatedAt: nil
        }
    }

    /// What an update may change, and what stands in a message's `data` beside the immutable fields.
    static let mutable: [EventField] = [
        .conversationMetadata, .eventName, .error, .latency, .input, .output, .inputEmbeddings, .outputEmbeddings,
    ]

    /// The field of that name; nil for a field that is not known, which is ignored.
    init?(_ key: borrowing JSONString) {
        switch key.raw.byteCount {
        case _ where key.hasEscapes: break
        case 2: if key.is("id") { self = .id; return }
        case 5:
            if key.is("input") { self = .input; return }
            if key.is("error") { self = .error; return }
        case 6: if key.is("output") { self = .output; return }
        case 7: if key.is("latency") { self = .latency; return }
        case 10:
            if key.is("event_name") { self = .eventName; return }
            if key.is("created_at") { self = .createdAt; return }
            if key.is("updated_at") { self = .updatedAt; return }
        case 15: if key.is("conversation_id") { self = .conversationID; return }
        case 16: if key.is("input_embeddings") { self = .inputEmbeddings; return }
        case 17: if key.is("output_embeddings") { self = .outputEmbeddings; return }
        case 21: if key.is("conversation_metadata") { self = .conversationMetadata; return }
        default: break
        }
        // A key may be written with escapes.
        guard key.hasEscapes else { return nil }
        for field in Self.allCases where key.is(field.name) {
            self = field
            return
        }
        return nil
    }
}
