import Bytes
import Events
import JSON

/// The event that a span becomes.
struct SpanEvent {
    let span: Span
    /// `service.name` of its resource.
    let service: ByteSlice?

    /// The create, as JSON; or why there is none.
    var json: Result<ByteSlice, OTLPError> {
        guard Self.isID(span.traceID, bytes: 16) else {
            return .failure(OTLPError("a trace id has 16 bytes, not all zero"))
        }
        guard Self.isID(span.spanID, bytes: 8) else {
            return .failure(OTLPError("trace \(Self.hexadecimal(span.traceID)): a span id has 8 bytes, not all zero"))
        }
        var writer = ByteWriter(capacity: 512)
        var json = JSONWriter()
        json.beginObject(&writer)
        json.key("id", &writer)
        json.string(id.description, &writer)
        json.key("conversation_id", &writer)
        json.string(conversation.text, &writer)
        json.key("event_name", &writer)
        json.string(span.name, &writer)
        json.key("created_at", &writer)
        // What lies beyond what can be written down is beyond what an event may have, too.
        let milliseconds = min(span.start / 1_000_000, 253_402_300_799_999)
        json.string(Timestamp(milliseconds: Int64(milliseconds)).description, &writer)
        json.key("latency", &writer)
        json.number(span.end > span.start ? Double(span.end - span.start) / 1e6 : 0, &writer)
        json.key("error", &writer)
        json.string(error, &writer)
        json.key("input", &writer)
        json.string(content(.input), &writer)
        json.key("output", &writer)
        json.string(content(.output), &writer)
        json.key("conversation_metadata", &writer)
        json.string(metadata, &writer)
        json.endObject(&writer)
        return .success(writer.finish())
    }

    /// Which span it is, for who is told that it was refused.
    var name: String { "span \(Self.hexadecimal(span.spanID))" }

    private static func isID(_ id: ByteSlice, bytes: Int) -> Bool {
        id.count == bytes && (0..<bytes).contains { id[$0] != 0 }
    }

    static func hexadecimal(_ bytes: ByteSlice) -> String {
        var writer = ByteWriter(capacity: bytes.count * 2)
        for index in 0..<bytes.count { writer.writeHexadecimal(UInt64(bytes[index]), digits: 2) }
        return writer.finish().description
    }

    /// Made of trace and span, so that the same span is the same event (RFC 9562, version 8).
    private var id: EventID {
        var writer = ByteWriter(capacity: 24)
        writer.write(span.traceID)
        writer.write(span.spanID)
        let both = writer.finish()
        let hash = CityHash128.hash(both.span)
        return EventID(
            high: hash.low & 0xffff_ffff_ffff_0fff | 0x8000,
            low: hash.high & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }

    /// The conversation, and the attribute that names it.
    private var conversation: (text: ByteSlice, key: String?) {
        for key in ["gen_ai.conversation.id", "session.id"] {
            if let text = span.attributes[key]?.nonEmptyText { return (text, key) }
        }
        return (ByteSlice(utf8: Self.hexadecimal(span.traceID)), nil)
    }

    private var error: ByteSlice {
        guard span.failed else { return .empty }
        if !span.statusMessage.isEmpty { return span.statusMessage }
        return span.attributes["error.type"]?.nonEmptyText ?? ByteSlice(utf8: "error")
    }

    // MARK: Input and output

    /// Where what went in and what came out may stand, the newest convention first.
    private struct Content {
        let messages: String
        let older: String
        let event: String
        let parts: Set<String>

        static let input = Content(
            messages: "gen_ai.input.messages", older: "gen_ai.prompt", event: "gen_ai.content.prompt",
            parts: ["gen_ai.system.message", "gen_ai.user.message", "gen_ai.assistant.message", "gen_ai.tool.message"])
        static let output = Content(
            messages: "gen_ai.output.messages", older: "gen_ai.completion", event: "gen_ai.content.completion",
            parts: ["gen_ai.choice"])
    }

    private func content(_ content: Content) -> ByteSlice {
        if let value = span.attributes[content.messages] { return value.jsonText }
        func event(_ name: String, _ key: String) -> AttributeValue? {
            span.events.last { $0.name.description == name && $0.attributes[key] != nil }?.attributes[key]
        }
        if let value = event("gen_ai.client.inference.operation.details", content.messages) { return value.jsonText }
        if let value = span.attributes[content.older] { return value.jsonText }
        if let value = event(content.event, content.older) { return value.jsonText }
        let messages = span.events.filter { content.parts.contains($0.name.description) }
        if messages.isEmpty { return .empty }
        var json = JSONWriter()
        var writer = ByteWriter()
        json.beginArray(&writer)
        for message in messages { Self.attributes(of: message).write(&json, &writer) }
        json.endArray(&writer)
        return writer.finish()
    }

    /// A message's attributes; who says it stands in the event's name, where it is not among them.
    private static func attributes(of message: Span.Event) -> [Attribute] {
        let name = message.name.description
        guard name.hasSuffix(".message"), message.attributes["role"] == nil else { return message.attributes }
        let role = name.dropFirst("gen_ai.".count).dropLast(".message".count)
        return [Attribute(key: "role", value: .text(ByteSlice(utf8: String(role))))] + message.attributes
    }

    /// All other attributes, and what the span is.
    private var metadata: ByteSlice {
        var used: Set<String> = [
            Content.input.messages, Content.input.older, Content.output.messages, Content.output.older,
            "gen_ai.conversation.id",
        ]
        if let key = conversation.key { used.insert(key) }
        var all = span.attributes.filter { !used.contains($0.key) }
        if let service { all.append(Attribute(key: "service.name", value: .text(service))) }
        func add(_ key: String, _ id: ByteSlice) {
            all.append(Attribute(key: key, value: .text(ByteSlice(utf8: Self.hexadecimal(id)))))
        }
        add("trace_id", span.traceID)
        add("span_id", span.spanID)
        if !span.parentSpanID.isEmpty { add("parent_span_id", span.parentSpanID) }
        var json = JSONWriter()
        var writer = ByteWriter()
        all.write(&json, &writer)
        return writer.finish()
    }
}
