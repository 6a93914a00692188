public import Bytes
import JSON

extension EventDraft {
    /// Writes the Kafka message of what is to be done.
    ///
    /// - Parameters:
    ///   - body: The body, or the item, that this draft was read from.
    ///   - id: The event's id: the draft's, or one made for it.
    ///   - time: When the API accepts the operation.
    public func write(of body: RawSpan, id: EventID, at time: Timestamp, into writer: inout ByteWriter) {
        switch kind {
        case .create: writeCreate(of: body, id: id, at: time, into: &writer)
        case .update: writeUpdate(of: body, id: id, at: time, into: &writer)
        case .delete: EventOperation.writeDelete(id, at: time, into: &writer)
        }
    }

    /// A create holds the whole event in its data.
    private func writeCreate(of body: RawSpan, id: EventID, at time: Timestamp, into writer: inout ByteWriter) {
        writer.reserve(body.byteCount + 384)
        EventOperation.writeHead(.create, id, at: time, into: &writer)
        writer.write(literal: ",\"data\":{\"id\":\"")
        id.write(into: &writer)
        writer.write(literal: "\"")
        write(.conversationID, of: body, into: &writer)
        for field in EventField.mutable { write(field, of: body, into: &writer) }
        if let createdAt {
            writer.write(literal: ",\"created_at\":\"")
            createdAt.write(into: &writer)
            writer.write(literal: "\"")
        }
        writer.write(literal: "}}")
    }

    /// An update holds the fields that the body gives in its data.
    private func writeUpdate(of body: RawSpan, id: EventID, at time: Timestamp, into writer: inout ByteWriter) {
        writer.reserve(body.byteCount + 192)
        EventOperation.writeHead(.update, id, at: time, into: &writer)
        writer.write(literal: ",\"data\":{")
        let start = writer.count
        for field in EventField.mutable where !self[field].isEmpty {
            write(field, of: body, isFirst: writer.count == start, into: &writer)
        }
        writer.write(literal: "}}")
    }

    private func write(_ field: EventField, of body: RawSpan, isFirst: Bool = false, into writer: inout ByteWriter) {
        let place = self[field]
        if !isFirst { writer.writeByte(UInt8(ascii: ",")) }
        writer.writeByte(UInt8(ascii: "\""))
        writer.write(literal: field.name)
        writer.write(literal: "\":")
        if place.isEmpty {
            writer.write(literal: field.defaultJSON ?? "null")
        } else {
            writer.write(body.extracting(Int(place.start)..<Int(place.end)))
        }
    }
}
