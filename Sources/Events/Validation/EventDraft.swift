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

    private init() {}

    /// Reads the body of a create.
    ///
    /// - Parameter now: What the time is, which says when an event can have happened.
    /// - Throws: `EventError` naming the field and what is wrong with it.
    public static func create(
        _ body: RawSpan, names: EventNames, now: Timestamp
    ) throws(EventError) -> EventDraft {
        var draft = EventDraft()
        try draft.read(body, names: names, creatable: Timestamp.creatable(now: now))
        for field in [EventField.conversationID, .eventName] where draft[field].isEmpty {
            throw EventError(.missing, "\(field.name)", "is required")
        }
        return draft
    }

    /// Reads the body of an update.
    ///
    /// - Throws: `EventError` naming the field and what is wrong with it.
    public static func update(_ body: RawSpan, names: EventNames) throws(EventError) -> EventDraft {
        var draft = EventDraft()
        try draft.read(body, names: names, creatable: nil)
        for field in EventField.mutable where !draft[field].isEmpty { return draft }
        throw EventError(
            .empty, "body",
            "no field to change: give one of \(EventField.mutable.map { "\($0.name)" }.joined(separator: ", "))")
    }

    subscript(field: EventField) -> Place {
        get { places[field.rawValue] }
        set { places[field.rawValue] = newValue }
    }

    // MARK: Reading

    /// - Parameter creatable: When an event can have happened; nil in an update, which cannot change it.
    private mutating func read(
        _ body: RawSpan, names: EventNames, creatable: ClosedRange<Timestamp>?
    ) throws(EventError) {
        guard body.byteCount < Self.maximumBody else { throw EventError(.invalid, "body", "is too long") }
        do throws(JSONError) {
            var reader = JSONReader(body, maximumDepth: 512)
            try reader.beginObject()
            while let key = try reader.nextKey() {
                guard let field = EventField(key) else {
                    try reader.skip()
                    continue
                }
                guard seen & 1 << field.rawValue == 0 else {
                    throw wrong(.duplicate, field, "is given twice")
                }
                seen |= 1 << field.rawValue
                if try reader.skipNull() { continue }
                try read(field, from: &reader, names: names, creatable: creatable)
            }
            try reader.finish()
        } catch {
            throw fault ?? EventError(error)
        }
    }

    /// What `wrong` was told: a fault that is the event's, not the JSON's.
    private var fault: EventError?

    /// Notes a fault; what it returns only ends the reading.
    private mutating func wrong(_ code: EventError.Code, _ field: EventField, _ message: String) -> JSONError {
        fault = EventError(code, "\(field.name)", message)
        return JSONError(.type, message, at: 0, path: "")
    }

    private mutating func read(
        _ field: EventField, from reader: inout JSONReader, names: EventNames, creatable: ClosedRange<Timestamp>?
    ) throws(JSONError) {
        let isUpdate = creatable == nil
        // The reader is at the value or at white space before it: the first look moves it to the value.
        _ = try reader.peek()
        let start = reader.position
        switch field {
        case .createdAt:
            guard let creatable else { throw wrong(.refused, field, "cannot be changed") }
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
            if isUpdate { throw wrong(.refused, field, "cannot be changed") }
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
            guard name.hasEscapes ? names.allows(name.utf8.span) : names.allows(name.raw) else {
                throw wrong(.invalid, field, "must be one of \(names)")
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
