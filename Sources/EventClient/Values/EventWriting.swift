import Bytes
import Events
import FoundationEssentials
import JSON

/// Writes what goes to the API, and finds what the API would refuse. Names that it allows, and clocks, are its own matter.
enum EventWriting {
    /// An event, as a line without its end.
    static func line(_ event: NewEvent) throws(EventClientError) -> ByteSlice {
        try checkConversation(event.conversationID)
        try checkName(event.eventName)
        var size = 256 + event.conversationID.utf8.count + event.conversationMetadata.utf8.count
        size += event.input.utf8.count + event.output.utf8.count + event.error.utf8.count
        var out = ByteWriter(capacity: size)
        var json = JSONWriter()
        json.beginObject(&out)
        json.key("id", &out)
        json.string(EventID(event.id).text, &out)
        json.key("conversation_id", &out)
        json.string(event.conversationID, &out)
        json.key("event_name", &out)
        json.string(event.eventName, &out)
        // What has its default is left out.
        if !event.input.isEmpty { text("input", event.input, &json, &out) }
        if !event.output.isEmpty { text("output", event.output, &json, &out) }
        if event.latency != 0 { try latency(event.latency, &json, &out) }
        if !event.error.isEmpty { text("error", event.error, &json, &out) }
        if !event.conversationMetadata.isEmpty {
            text("conversation_metadata", event.conversationMetadata, &json, &out)
        }
        if !event.inputEmbeddings.isEmpty { try numbers("input_embeddings", event.inputEmbeddings, &json, &out) }
        if !event.outputEmbeddings.isEmpty { try numbers("output_embeddings", event.outputEmbeddings, &json, &out) }
        if let date = event.createdAt {
            let time = try Timestamp(date, field: "created_at")
            guard time.milliseconds >= 946_684_800_000 else {
                throw .wrong("created_at", "must not be before the year 2000")
            }
            text("created_at", time.description, &json, &out)
        }
        json.endObject(&out)
        return out.finish()
    }

    /// An update.
    static func body(_ changes: EventChanges) throws(EventClientError) -> ByteSlice {
        guard changes != EventChanges() else { throw .wrong("body", "has no field to change") }
        var out = ByteWriter()
        var json = JSONWriter()
        json.beginObject(&out)
        if let name = changes.eventName {
            try checkName(name)
            text("event_name", name, &json, &out)
        }
        if let value = changes.input { text("input", value, &json, &out) }
        if let value = changes.output { text("output", value, &json, &out) }
        if let value = changes.latency { try latency(value, &json, &out) }
        if let value = changes.error { text("error", value, &json, &out) }
        if let value = changes.conversationMetadata { text("conversation_metadata", value, &json, &out) }
        if let value = changes.inputEmbeddings { try numbers("input_embeddings", value, &json, &out) }
        if let value = changes.outputEmbeddings { try numbers("output_embeddings", value, &json, &out) }
        json.endObject(&out)
        return out.finish()
    }

    static func checkConversation(_ id: String) throws(EventClientError) {
        guard (1...2_048).contains(id.utf8.count) else { throw .wrong("conversation_id", "must have 1 to 2,048 bytes") }
    }

    static func checkName(_ name: String) throws(EventClientError) {
        guard (1...256).contains(name.utf8.count) else { throw .wrong("event_name", "must have 1 to 256 bytes") }
    }

    private static func text(_ key: StaticString, _ value: String, _ json: inout JSONWriter, _ out: inout ByteWriter) {
        json.key(key, &out)
        json.string(value, &out)
    }

    private static func latency(
        _ value: Double, _ json: inout JSONWriter, _ out: inout ByteWriter
    ) throws(EventClientError) {
        guard value.isFinite, value >= 0 else { throw .wrong("latency", "must be a finite number of at least 0") }
        json.key("latency", &out)
        json.number(value, &out)
    }

    private static func numbers(
        _ key: StaticString, _ values: [Float], _ json: inout JSONWriter, _ out: inout ByteWriter
    ) throws(EventClientError) {
        json.key(key, &out)
        json.beginArray(&out)
        for value in values {
            guard value.isFinite else { throw .wrong("\(key)", "must be finite numbers") }
            json.number(value, &out)
        }
        json.endArray(&out)
    }
}
