public import Bytes

/// What a Kafka message asks for: to create, change or delete one event.
public struct EventOperation: Sendable {
    /// The kinds of operation.
    public enum Kind: Hashable, Sendable {
        case create, update, delete
    }

    /// What to do.
    public var kind: Kind
    /// The event that it is done to; also the message's key.
    public var id: EventID
    /// When the API accepted it.
    public var time: Timestamp
    /// The fields: all of them in a create, those that change in an update, none in a delete.
    public var fields: EventChanges

    /// Makes an operation.
    public init(_ kind: Kind, _ id: EventID, at time: Timestamp, _ fields: EventChanges = EventChanges()) {
        self.kind = kind
        self.id = id
        self.time = time
        self.fields = fields
    }

    /// Writes the Kafka message of a delete.
    public static func writeDelete(_ id: EventID, at time: Timestamp, into writer: inout ByteWriter) {
        writeHead(.delete, id, at: time, into: &writer)
        writer.writeByte(UInt8(ascii: "}"))
    }

    /// Writes what every message begins with, the object left open.
    static func writeHead(_ kind: Kind, _ id: EventID, at time: Timestamp, into writer: inout ByteWriter) {
        switch kind {
        case .create: writer.write(literal: "{\"operation\":\"create\",\"event_id\":\"")
        case .update: writer.write(literal: "{\"operation\":\"update\",\"event_id\":\"")
        case .delete: writer.write(literal: "{\"operation\":\"delete\",\"event_id\":\"")
        }
        id.write(into: &writer)
        writer.write(literal: "\",\"timestamp\":\"")
        time.write(into: &writer)
        writer.writeByte(UInt8(ascii: "\""))
    }
}

/// Values for some of an event's fields; nil leaves a field as it is.
public struct EventChanges: Sendable {
    /// The conversation, in UTF-8 like all text here; in a create alone.
    public var conversationID: ByteSlice?
    /// When the event happened, where the client says so; in a create alone.
    public var createdAt: Timestamp?
    /// JSON by convention, not looked into.
    public var conversationMetadata: ByteSlice?
    /// The name of the step.
    public var eventName: ByteSlice?
    /// Empty where nothing failed.
    public var error: ByteSlice?
    /// Milliseconds.
    public var latency: Double?
    /// What went in.
    public var input: ByteSlice?
    /// What came out.
    public var output: ByteSlice?
    /// The vector of the input.
    public var inputEmbeddings: [Float]?
    /// The vector of the output.
    public var outputEmbeddings: [Float]?

    /// No values.
    public init() {}
}
