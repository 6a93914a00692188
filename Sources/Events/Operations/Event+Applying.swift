import Bytes

/// What became of an operation.
public enum EventOutcome: Hashable, Sendable, CaseIterable {
    /// The row is another one now.
    case applied
    /// The row holds it already: the message was delivered again.
    case redelivered
    /// A create of an event that exists, or existed.
    case exists
    /// An update or a delete of an event that never existed.
    case unknown
    /// An update or a delete of an event that was deleted.
    case deleted
}

extension EventOperation {
    /// Applies the operation to the event's row, nil where there is none.
    ///
    /// - Parameter version: The place of the operation's message. A row of that version or a newer one holds the
    ///   operation already: applying a message twice changes nothing.
    public func apply(to row: inout Event?, version: EventVersion) -> EventOutcome {
        if let row, row.version >= version { return .redelivered }
        switch kind {
        case .create:
            guard row == nil else { return .exists }
            // A create without a conversation is refused when it is decoded.
            let createdAt = fields.createdAt ?? time
            var event = Event(
                id: id, conversationID: fields.conversationID ?? .empty, createdAt: createdAt,
                updatedAt: max(time, createdAt), isDeleted: false, version: version)
            fields.change(&event)
            row = event
        case .update:
            guard var event = row else { return .unknown }
            guard !event.isDeleted else { return .deleted }
            // So that the row can be freed of what it no longer holds, and is not copied.
            row = nil
            fields.change(&event)
            event.updatedAt = max(time, event.createdAt)
            event.version = version
            row = event
        case .delete:
            guard let event = row else { return .unknown }
            guard !event.isDeleted else { return .deleted }
            row = Event(
                id: id, conversationID: event.conversationID, createdAt: event.createdAt,
                updatedAt: max(time, event.createdAt), isDeleted: true, version: version)
        }
        return .applied
    }
}

extension EventChanges {
    func change(_ event: inout Event) {
        if let conversationMetadata { event.conversationMetadata = conversationMetadata }
        if let eventName { event.eventName = eventName }
        if let error { event.error = error }
        if let latency { event.latency = latency }
        if let input { event.input = input }
        if let output { event.output = output }
        if let inputEmbeddings { event.inputEmbeddings = inputEmbeddings }
        if let outputEmbeddings { event.outputEmbeddings = outputEmbeddings }
    }
}
