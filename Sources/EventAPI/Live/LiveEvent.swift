import Bytes
import Events
import JSON

extension EventOperation {
    /// A create as a server-sent event: the event as reads show it, and its id.
    func liveEvent() -> ByteSlice {
        var writer = ByteWriter(capacity: 512)
        let created = fields.createdAt ?? time
        writer.write(literal: "id: ")
        id.write(into: &writer)
        writer.write(literal: "\ndata: {\"id\":\"")
        id.write(into: &writer)
        writer.write(literal: "\",\"conversation_id\":")
        Self.write(fields.conversationID, &writer)
        writer.write(literal: ",\"conversation_metadata\":")
        Self.write(fields.conversationMetadata, &writer)
        writer.write(literal: ",\"event_name\":")
        Self.write(fields.eventName, &writer)
        writer.write(literal: ",\"error\":")
        Self.write(fields.error, &writer)
        writer.write(literal: ",\"latency\":")
        writer.writeJSONNumber(fields.latency ?? 0)
        writer.write(literal: ",\"input\":")
        Self.write(fields.input, &writer)
        writer.write(literal: ",\"output\":")
        Self.write(fields.output, &writer)
        writer.write(literal: ",\"input_embeddings\":")
        Self.write(fields.inputEmbeddings, &writer)
        writer.write(literal: ",\"output_embeddings\":")
        Self.write(fields.outputEmbeddings, &writer)
        writer.write(literal: ",\"created_at\":\"")
        created.write(into: &writer)
        writer.write(literal: "\",\"updated_at\":\"")
        max(time, created).write(into: &writer)
        writer.write(literal: "\"}\n\n")
        return writer.finish()
    }

    private static func write(_ text: ByteSlice?, _ writer: inout ByteWriter) {
        let text = text ?? .empty
        writer.writeJSONString(text.span)
    }

    private static func write(_ numbers: [Float]?, _ writer: inout ByteWriter) {
        writer.writeByte(UInt8(ascii: "["))
        for (index, number) in (numbers ?? []).enumerated() {
            if index > 0 { writer.writeByte(UInt8(ascii: ",")) }
            writer.writeJSONNumber(number)
        }
        writer.writeByte(UInt8(ascii: "]"))
    }
}
