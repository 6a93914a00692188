import Bytes
import JSON

/// What a client's body says of an event: checked in one pass, and remembered as places in the body, so that the Kafka
/// message is written by copying them.
public struct EventDraft {
    /// Where a value stands in the body; empty where it does not.
    struct Place {
        var start: Int32 = 0
        var end: Int32 = 0
        var isEmpty: Bool { start == end }
    }

    private var places: [12 of Place] = .init(repeating: Place())
    /// The fields that were seen, null or not: one bit each.
    private var seen: UInt16 = 0

    /// The id that the client gave, if it did.
    public private(set) var id: EventID?

    /// When the event happened, where the client says so.
    public private(set) var createdAt: Timestamp?

    /// The longest body that can be read, in bytes: places are 32 bits wide.
    public static let maximumBody = Int(Int32.max)

    /// What is to be done.
    public private(set) var kind: EventOperation.Kind

    /// Whether it is known already what is to be done: an item may say so behind its fields.
    private var knowsKind = true

    private init(_ kind: EventOperation.Kind) { self.kind = kind }

    /// Reads the body of a create.
    ///
    /// - Parameter now: What the time is, which says when an event can have happened.
    /// - Throws: `EventError` naming the field and what is wrong with it.
    public static func create(
        _ body: RawSpan, names: EventNames, now: Timestamp
    ) throws(EventError) -> EventDraft {
        var draft = EventDraft(.create)
        try draft.read(body, Rules(names: names, creatable: Timestamp.creatable(now: now)))
        try draft.requireWhole()
        return draft
    }

    /// Reads the body of an update, whose id stands elsewhere.
    ///
    /// - Throws: `EventError` naming the field and what is wrong with it.
    public static func update(_ body: RawSpan, names: EventNames) throws(EventError) -> EventDraft {
        var draft = EventDraft(.update)
        try draft.read(body, Rules(names: names, creatable: nil))
        try draft.requireChange()
        return draft
    }

    /// Reads an item of a batch: a create, or what its `operation` says, then with the event's `id`.
    ///
    /// - Parameters:
    ///   - item: The item's JSON alone.
    ///   - now: What the time is, which says when an event can have happened.
    /// - Throws: `EventError` naming the field, or `item` for the whole, and what is wrong with it.
    public static func item(
        _ item: RawSpan, names: EventNames, now: Timestamp
    ) throws(EventError) -> EventDraft {
        var draft = EventDraft(.create)
        draft.knowsKind = false
        do throws(EventError) {
            try draft.read(item, Rules(names: names, creatable: Timestamp.creatable(now: now), isItem: true))
            if draft.kind != .create, draft.id == nil { throw EventError(.missing, "id", "is required") }
            switch draft.kind {
            case .create: try draft.requireWhole()
            case .update: try draft.requireChange()
            // Whatever else it says of the event does not matter any more.
            case .delete: break
            }
        } catch {
            throw error.field == "body" ? EventError(error.code, "item", error.message) : error
        }
        return draft
    }

    private func requireWhole() throws(EventError) {
        for field in [EventField.conversationID, .eventName] where self[field].isEmpty {
            throw EventError(.missing, "\(field.name)", "is required")
        }
    }

    private func requireChange() throws(EventError) {
        for field in [EventField.conversationID, .createdAt] where !self[field].isEmpty {
            throw EventError(.refused, "\(field.name)", "cannot be changed")
        }
        for field in EventField.mutable where !self[field].isEmpty { return }
        throw EventError(
            .empty, "body",
            "no field to change: give one of \(EventField.mutable.map { "\($0.name)" }.joined(separator: ", "))")
    }

    /// Where the conversation's id stands in the body; nil where it is not given, or is written with escapes.
    public func plainConversationID(in body: RawSpan) -> Range<Int>? {
        let place = self[.conversationID]
        // In quotes.
        guard place.end - place.start > 2 else { return nil }
        let range = Int(place.start) + 1..<Int(place.end) - 1
        for index in range where body[index] == UInt8(ascii: "\\") { return nil }
        return range
    }

    subscript(field: EventField) -> Place {
        get { places[field.rawValue] }
        set { places[field.rawValue] = newValue }
    }

    // MARK: Reading

    /// What the values must be like.
    private struct Rules {
        let names: EventNames
        /// When an event can have happened; nil in an update's body.
        let creatable: ClosedRange<Timestamp>?
        /// Whether it is an item of a batch, which says itself what is to be done, and with which event.
        var isItem = false
    }

    private mutating func read(_ body: RawSpan, _ rules: Rules) throws(EventError) {
        guard body.byteCount < Self.maximumBody else { throw EventError(.invalid, "body", "is too long") }
        do throws(JSONError) {
            var reader = JSONReader(body, maximumDepth: 512)
            try reader.beginObject()
            while let key = try reader.nextKey() {
                guard let field = EventField(key) else {
                    if rules.isItem, key.is("operation") {
                        try readKind(from: &reader)
                    } else {
                        try reader.skip()
                    }
                    continue
                }
                guard seen & 1 << field.rawValue == 0 else {
                    throw wrong(.duplicate, field, "is given twice")
                }
                seen |= 1 << field.rawValue
                if try reader.skipNull() { continue }
                try read(field, from: &reader, rules)
            }
            try reader.finish()
        } catch {
            throw fault ?? EventError(error)
        }
    }

    private mutating func readKind(from reader: inout JSONReader) throws(JSONError) {
        guard !knowsKind else { throw wrong(.duplicate, "operation", "is given twice") }
        knowsKind = true
        if try reader.skipNull() { return }
        guard let kind = EventOperation.Kind(try reader.readString()) else {
            throw wrong(.invalid, "operation", "must be create, update or delete")
        }
        self.kind = kind
    }

    /// What `wrong` was told: a fault that is the event's, not the JSON's.
    private var fault: EventError?

    /// Notes a fault; what it returns only ends the reading.
    private mutating func wrong(_ code: EventError.Code, _ field: EventField, _ message: String) -> JSONError {
        wrong(code, "\(field.name)", message)
    }

    private mutating func wrong(_ code: EventError.Code, _ field: String, _ message: String) -> JSONError {
        fault = EventError(code, field, message)
        return JSONError(.type, message, at: 0, path: "")
    }

    private mutating func read(
        _ field: EventField, from reader: inout JSONReader, _ rules: Rules
    ) throws(JSONError) {
        let isUpdate = knowsKind && kind == .update
        // The reader is at the value or at white space before it: the first look moves it to the value.
        _ = try reader.peek()
        let start = reader.position
        switch field {
        case .createdAt:
            guard !isUpdate, let creatable = rules.creatable else { throw wrong(.refused, field, "cannot be changed") }
            let text = try reader.readString()
            guard let time = text.hasEscapes ? Timestamp(text.utf8.span) : Timestamp(text.raw) else {
                throw wrong(.invalid, field, "must be a time in RFC 3339, such as 2026-01-09T12:34:56.789Z")
            }
            guard creatable.contains(time) else {
                throw wrong(.invalid, field, "must lie between 2000-01-01 and five minutes from now")
            }
            createdAt = time
        case .updatedAt:
            throw wrong(.refused, field, "is set by the server and cannot be given")
        case .id:
            if isUpdate, !rules.isItem { throw wrong(.refused, field, "cannot be changed") }
            let text = try reader.readString()
            guard let id = text.hasEscapes ? EventID(text.utf8.span) : EventID(text.raw) else {
                throw wrong(.invalid, field, "must be a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")
            }
            self.id = id
        case .conversationID:
            if isUpdate { throw wrong(.refused, field, "cannot be changed") }
            if let fault = field.wrongLength(of: try reader.readString()) { throw wrong(.invalid, field, fault) }
        case .eventName:
            let name = try reader.readString()
            if let fault = field.wrongLength(of: name) { throw wrong(.invalid, field, fault) }
            guard name.hasEscapes ? rules.names.allows(name.utf8.span) : rules.names.allows(name.raw) else {
                throw wrong(.invalid, field, "must be one of \(rules.names)")
            }
        case .conversationMetadata, .error, .input, .output:
            _ = try reader.readString()
        case .latency:
            let latency = try reader.readDouble()
            guard latency.isFinite else { throw wrong(.invalid, field, "is too large for a 64-bit float") }
            guard latency >= 0 else { throw wrong(.invalid, field, "must not be negative") }
        case .inputEmbeddings, .outputEmbeddings:
            try reader.beginArray()
            var index = 0
            while try reader.nextElement() {
                guard try reader.readFloat().isFinite else {
                    throw wrong(.invalid, field, "element \(index) is too large for a 32-bit float")
                }
                index += 1
            }
        }
        self[field] = Place(start: Int32(start), end: Int32(reader.position))
    }
}
