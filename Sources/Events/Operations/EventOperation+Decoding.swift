public import Bytes
import JSON

extension EventOperation {
    /// Reads a Kafka message's value. Unknown fields are passed over; text shares the message's memory where it holds no
    /// escapes.
    ///
    /// - Throws: `EventError` where it can never be applied: it is no operation, or a value in it is impossible.
    public init(message: ByteSlice) throws(EventError) {
        var decoder = OperationDecoder(message: message)
        do throws(JSONError) {
            try decoder.read()
        } catch {
            throw decoder.fault ?? EventError(error)
        }
        self = try decoder.finish()
    }
}

extension EventOperation.Kind {
    /// The kind of that name; nil for another name.
    init?(_ name: borrowing JSONString) {
        if name.is("create") {
            self = .create
        } else if name.is("update") {
            self = .update
        } else if name.is("delete") {
            self = .delete
        } else {
            return nil
        }
    }
}

/// Reads one message.
private struct OperationDecoder {
    let message: ByteSlice
    var kind: EventOperation.Kind?
    var id: EventID?
    var time: Timestamp?
    var fields = EventChanges()
    /// The id that the data holds, which must be the message's.
    var dataID: EventID?
    var hasData = false
    var seen: UInt16 = 0
    /// A fault that is the operation's, not the JSON's.
    var fault: EventError?

    init(message: ByteSlice) { self.message = message }

    mutating func read() throws(JSONError) {
        // A copy of the reference, so that reading does not borrow `self`.
        let message = self.message
        var reader = JSONReader(message.span, maximumDepth: 512)
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if key.is("operation") {
                guard kind == nil else { throw wrong(.duplicate, "operation", "is given twice") }
                kind = EventOperation.Kind(try reader.readString())
                if kind == nil { throw wrong(.invalid, "operation", "must be create, update or delete") }
            } else if key.is("event_id") {
                guard id == nil else { throw wrong(.duplicate, "event_id", "is given twice") }
                id = try readID("event_id", from: &reader)
            } else if key.is("timestamp") {
                guard time == nil else { throw wrong(.duplicate, "timestamp", "is given twice") }
                time = try readTime("timestamp", from: &reader)
            } else if key.is("data") {
                guard !hasData else { throw wrong(.duplicate, "data", "is given twice") }
                hasData = true
                if try reader.skipNull() { continue }
                try readData(from: &reader)
            } else {
                try reader.skip()
            }
        }
        try reader.finish()
    }

    /// Checks what only the whole message shows.
    func finish() throws(EventError) -> EventOperation {
        guard let kind else { throw EventError(.missing, "operation", "is required") }
        guard let id else { throw EventError(.missing, "event_id", "is required") }
        guard let time else { throw EventError(.missing, "timestamp", "is required") }
        guard dataID == nil || dataID == id else {
            throw EventError(.invalid, "data.id", "is not the message's event_id")
        }
        switch kind {
        case .create:
            if fields.conversationID == nil { throw EventError(.missing, "data.conversation_id", "is required") }
            if fields.eventName == nil { throw EventError(.missing, "data.event_name", "is required") }
        case .update:
            if fields.conversationID != nil { throw EventError(.refused, "data.conversation_id", "cannot be changed") }
            if fields.createdAt != nil { throw EventError(.refused, "data.created_at", "cannot be changed") }
        case .delete: break
        }
        return EventOperation(kind, id, at: time, fields)
    }

    private mutating func wrong(_ code: EventError.Code, _ field: String, _ message: String) -> JSONError {
        fault = EventError(code, field, message)
        return JSONError(.type, message, at: 0, path: "")
    }

    private mutating func readID(_ field: String, from reader: inout JSONReader) throws(JSONError) -> EventID {
        let text = try reader.readString()
        guard let id = text.hasEscapes ? EventID(text.utf8.span) : EventID(text.raw) else {
            throw wrong(.invalid, field, "must be a UUID")
        }
        return id
    }

    private mutating func readTime(_ field: String, from reader: inout JSONReader) throws(JSONError) -> Timestamp {
        let text = try reader.readString()
        guard let time = text.hasEscapes ? Timestamp(text.utf8.span) : Timestamp(text.raw) else {
            throw wrong(.invalid, field, "must be a time in RFC 3339")
        }
        guard Timestamp.storable.contains(time) else {
            throw wrong(.invalid, field, "is outside the years 1900 to 2299")
        }
        return time
    }

    private mutating func readData(from reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            guard let field = EventField(key) else {
                try reader.skip()
                continue
            }
            guard seen & 1 << field.rawValue == 0 else {
                throw wrong(.duplicate, "data.\(field.name)", "is given twice")
            }
            seen |= 1 << field.rawValue
            if try reader.skipNull() { continue }
            switch field {
            case .id: dataID = try readID("data.id", from: &reader)
            case .conversationID: fields.conversationID = try readText(of: field, from: &reader)
            case .eventName: fields.eventName = try readText(of: field, from: &reader)
            case .conversationMetadata: fields.conversationMetadata = try readText(of: field, from: &reader)
            case .error: fields.error = try readText(of: field, from: &reader)
            case .input: fields.input = try readText(of: field, from: &reader)
            case .output: fields.output = try readText(of: field, from: &reader)
            case .latency:
                let latency = try reader.readDouble()
                guard latency.isFinite, latency >= 0 else {
                    throw wrong(.invalid, "data.latency", "must be a finite number, zero or more")
                }
                fields.latency = latency
            case .inputEmbeddings: fields.inputEmbeddings = try readFloats(of: field, from: &reader)
            case .outputEmbeddings: fields.outputEmbeddings = try readFloats(of: field, from: &reader)
            case .createdAt: fields.createdAt = try readTime("data.created_at", from: &reader)
            // The message's own time is what counts.
            case .updatedAt: try reader.skip()
            }
        }
    }

    private mutating func readText(
        of field: EventField, from reader: inout JSONReader
    ) throws(JSONError) -> ByteSlice {
        let text = try reader.readString()
        if let fault = field.wrongLength(of: text) { throw wrong(.invalid, "data.\(field.name)", fault) }
        if text.hasEscapes { return text.utf8 }
        // Behind the string is its closing quote.
        let end = reader.position - 1
        return message.slice(end - text.raw.byteCount..<end)
    }

    private mutating func readFloats(of field: EventField, from reader: inout JSONReader) throws(JSONError) -> [Float] {
        try reader.beginArray()
        var values: [Float] = []
        while try reader.nextElement() {
            let value = try reader.readFloat()
            guard value.isFinite else {
                throw wrong(.invalid, "data.\(field.name)", "element \(values.count) is too large for a 32-bit float")
            }
            values.append(value)
        }
        return values
    }
}
