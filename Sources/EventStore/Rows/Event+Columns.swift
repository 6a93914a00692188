import Bytes
import ClickHouseProtocol
import Events

/// The columns of rows, as they are inserted.
enum EventColumns {
    /// Whole rows.
    static func rows(_ events: [Event]) throws(EventStoreError) -> Block {
        try block([
            Column(name: "id", type: .uuid, data: .uuid(events.map { ClickHouseUUID($0.id) })),
            text("conversation_id", events) { $0.conversationID },
            text("conversation_metadata", events) { $0.conversationMetadata },
            names(events),
            text("error", events) { $0.error },
            Column(name: "latency", type: .float64, data: .float64(events.map { $0.latency })),
            text("input", events) { $0.input },
            text("output", events) { $0.output },
            floats("input_embeddings", events) { $0.inputEmbeddings },
            floats("output_embeddings", events) { $0.outputEmbeddings },
            time("created_at", events) { $0.createdAt },
            time("updated_at", events) { $0.updatedAt },
            Column(name: "is_deleted", type: .uint8, data: .uint8(events.map { $0.isDeleted ? 1 : 0 })),
            Column(name: "version", type: .uint64, data: .uint64(events.map { $0.version.rawValue })),
            // Their facts are written already.
            Column(name: "has_facts", type: .uint8, data: .uint8(Array(repeating: 1, count: events.count))),
        ])
    }

    /// What questions look at of rows.
    static func facts(_ events: [Event]) throws(EventStoreError) -> Block {
        try block([
            Column(name: "id", type: .uuid, data: .uuid(events.map { ClickHouseUUID($0.id) })),
            time("created_at", events) { $0.createdAt },
            text("conversation_id", events) { $0.conversationID },
            names(events),
            text("error", events) { $0.error },
            Column(name: "latency", type: .float64, data: .float64(events.map { $0.latency })),
            text("conversation_metadata", events) { $0.conversationMetadata },
            Column(name: "is_deleted", type: .uint8, data: .uint8(events.map { $0.isDeleted ? 1 : 0 })),
            Column(name: "version", type: .uint64, data: .uint64(events.map { $0.version.rawValue })),
        ])
    }

    /// The keys that lead from ids to rows.
    static func keys(_ events: [Event]) throws(EventStoreError) -> Block {
        try block([
            Column(name: "id", type: .uuid, data: .uuid(events.map { ClickHouseUUID($0.id) })),
            text("conversation_id", events) { $0.conversationID },
            time("created_at", events) { $0.createdAt },
        ])
    }

    /// The table of ids that a look-up sends along.
    static func ids(_ ids: [EventID]) throws(EventStoreError) -> Block {
        try block([Column(name: "id", type: .uuid, data: .uuid(ids.map { ClickHouseUUID($0) }))])
    }

    /// The table of rows that a look-up sends along.
    static func places(_ events: [Event]) throws(EventStoreError) -> Block {
        try block([
            text("conversation_id", events) { $0.conversationID },
            time("created_at", events) { $0.createdAt },
            Column(name: "id", type: .uuid, data: .uuid(events.map { ClickHouseUUID($0.id) })),
            Column(name: "version", type: .uint64, data: .uint64(events.map { $0.version.rawValue })),
        ])
    }

    /// The table of places that a read sends along.
    static func places(_ places: [EventID: StoredPlace]) throws(EventStoreError) -> Block {
        var conversations = StringColumnBuilder()
        for place in places.values { conversations.append(place.conversationID) }
        return try block([
            Column(name: "conversation_id", type: .string, data: .string(conversations.finish())),
            Column(
                name: "created_at", type: .dateTime64(precision: 3, timeZone: "UTC"),
                data: .int64(places.values.map(\.createdAt.milliseconds))),
            Column(name: "id", type: .uuid, data: .uuid(places.keys.map { ClickHouseUUID($0) })),
        ])
    }

    /// The table of conversations that a query sends along.
    static func conversations(_ ids: [ByteSlice]) throws(EventStoreError) -> Block {
        var builder = StringColumnBuilder()
        for id in ids { builder.append(id) }
        return try block([Column(name: "conversation_id", type: .string, data: .string(builder.finish()))])
    }

    private static func block(_ columns: [Column]) throws(EventStoreError) -> Block {
        do {
            return try Block(columns)
        } catch {
            throw EventStoreError(.malformed, "\(error)")
        }
    }

    private static func text(_ name: String, _ events: [Event], _ field: (Event) -> ByteSlice) -> Column {
        var bytes = 0
        for event in events { bytes += field(event).count }
        var builder = StringColumnBuilder(strings: events.count, bytes: bytes)
        for event in events { builder.append(field(event)) }
        return Column(name: name, type: .string, data: .string(builder.finish()))
    }

    private static func time(_ name: String, _ events: [Event], _ field: (Event) -> Timestamp) -> Column {
        Column(
            name: name, type: .dateTime64(precision: 3, timeZone: "UTC"),
            data: .int64(events.map { field($0).milliseconds }))
    }

    private static func floats(_ name: String, _ events: [Event], _ field: (Event) -> [Float]) -> Column {
        var ends: [UInt64] = []
        ends.reserveCapacity(events.count)
        var values: [Float] = []
        for event in events {
            values += field(event)
            ends.append(UInt64(values.count))
        }
        return Column(
            name: name, type: .array(.float32), data: .array(ArrayColumn(ends: ends, values: .float32(values))))
    }

    /// The names, each once in a dictionary, whose first entry is the empty text.
    private static func names(_ events: [Event]) -> Column {
        var builder = StringColumnBuilder()
        builder.append(ByteSlice.empty)
        var places: [ByteSlice: UInt32] = [.empty: 0]
        var indexes: [UInt32] = []
        indexes.reserveCapacity(events.count)
        for event in events {
            if let place = places[event.eventName] {
                indexes.append(place)
                continue
            }
            let place = UInt32(builder.count)
            builder.append(event.eventName)
            places[event.eventName] = place
            indexes.append(place)
        }
        return Column(
            name: "event_name", type: .lowCardinality(.string),
            data: .lowCardinality(LowCardinalityColumn(dictionary: .string(builder.finish()), indexes: indexes)))
    }
}
