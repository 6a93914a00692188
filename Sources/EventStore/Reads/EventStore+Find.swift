public import Bytes
import ClickHouseClient
import ClickHouseProtocol
public import Events

extension EventStore {
    /// An event as JSON; nil where there is none, or it was deleted.
    public func event(_ id: EventID) async throws(EventStoreError) -> ByteSlice? {
        try await find([id], StoredPlaceCache(limit: 0))[id]
    }

    /// Events as JSON, by their ids; those that are not there, or were deleted, are missing.
    ///
    /// - Throws: `EventStoreError`: `.tooExpensive` where they are larger together than results of several may be.
    public func events(_ ids: [EventID]) async throws(EventStoreError) -> [EventID: ByteSlice] {
        try await find(ids, StoredPlaceCache(limit: 0))
    }

    /// Events as JSON, deleted ones left out: by their places where those are known, by their keys where not.
    ///
    /// - Throws: `EventStoreError`: `.tooExpensive` where several of them are larger together than a result of several may
    ///   be.
    func find(
        _ ids: [EventID], _ cache: StoredPlaceCache
    ) async throws(EventStoreError) -> [EventID: ByteSlice] {
        var found = FoundEvents(limit: ids.count > 1 ? configuration.groupedBytes : .max)
        let known = cache.places(of: ids)
        try await read(known, into: &found)
        // Those that nobody knew of, and those that are not where they were thought to be.
        let unknown = ids.filter { !found.has($0) }
        if !unknown.isEmpty {
            let stored = try await places(of: unknown)
            let astray = known.keys.filter { !found.has($0) && stored[$0] != known[$0] }
            cache.forget(astray)
            for (id, place) in stored { cache.note(place.conversationID.span, createdAt: place.createdAt, of: id) }
            // What was not there a moment ago may be by now.
            try await read(stored, into: &found)
        }
        return found.shown
    }

    /// Where events stand; those without a key are missing.
    private func places(of ids: [EventID]) async throws(EventStoreError) -> [EventID: StoredPlace] {
        let numbers = ids.map { QueryParameter.Value.escaped(String(UInt128($0.high) << 64 | UInt128($0.low))) }
        return try await asking {
            try await client.query(point(SQL.places, [QueryParameter("ids", .array(numbers))])) { result in
                var places: [EventID: StoredPlace] = [:]
                while let block = try await result.next() {
                    let columns = BlockColumns(block)
                    let ids = try columns.uuids(0)
                    let conversations = try columns.text(1)
                    let times = try columns.milliseconds(2)
                    for row in 0..<block.rowCount {
                        places[EventID(ids[row])] = StoredPlace(
                            conversationID: ByteSlice(copying: conversations[row].span),
                            createdAt: Timestamp(milliseconds: times[row]))
                    }
                }
                return places
            }
        }
    }

    private func read(
        _ places: [EventID: StoredPlace], into found: inout FoundEvents
    ) async throws(EventStoreError) {
        if places.isEmpty { return }
        let query = try rows(at: places)
        // Nothing that was read counts where a query fails in its middle.
        var events = found
        try await asking {
            try await client.query(query) { result in
                while let block = try await result.next() { try events.take(block) }
            }
        }
        found = events
    }

    private func rows(at places: [EventID: StoredPlace]) throws(EventStoreError) -> ClickHouseQuery {
        var ids: [QueryParameter.Value] = []
        var conversations: [QueryParameter.Value] = []
        var times: [QueryParameter.Value] = []
        for (id, place) in places {
            guard let conversation = place.conversationID.utf8 else {
                // Bytes of other writers, which no parameter can hold.
                var query = point(SQL.eventsInPlaces, [])
                query.externalTables = [.init("places", try EventColumns.places(places))]
                return query
            }
            ids.append(.uuid(ClickHouseUUID(id)))
            conversations.append(.string(conversation))
            times.append(.string(Self.text(place.createdAt)))
        }
        return point(
            SQL.eventsAtPlaces,
            [
                QueryParameter("conversations", .array(conversations)), QueryParameter("times", .array(times)),
                QueryParameter("ids", .array(ids)),
            ])
    }

    /// A time as ClickHouse writes it.
    private static func text(_ time: Timestamp) -> String {
        var writer = ByteWriter(capacity: 32)
        time.write(into: &writer)
        return String(
            decoding: writer.finish().array.dropLast().map { $0 == UInt8(ascii: "T") ? 32 : $0 }, as: UTF8.self)
    }

    /// A query for a few rows that are found by the sorting key: on one thread, since there is nothing to divide, and
    /// without ClickHouse's memory of which parts a condition has left out, which costs more than it saves here.
    private func point(_ text: String, _ parameters: [QueryParameter]) -> ClickHouseQuery {
        var query = read(text, parameters)
        query.settings += [
            Setting("max_threads", "1"), Setting("use_query_condition_cache", "0", isImportant: false),
        ]
        return query
    }
}

/// The events that a query finds: of each the newest version.
struct FoundEvents {
    /// How many bytes they may have together.
    let limit: Int
    private var newest: [EventID: (version: UInt64, json: ByteSlice?)] = [:]
    private var bytes = 0

    init(limit: Int) { self.limit = limit }

    /// Whether there is an event, a deleted one included.
    func has(_ id: EventID) -> Bool { newest[id] != nil }

    /// Those that are not deleted.
    var shown: [EventID: ByteSlice] { newest.compactMapValues(\.json) }

    /// Takes rows: the columns of events, then whether it is deleted, then its version.
    mutating func take(_ block: Block) throws(EventStoreError) {
        let events = try EventBlock(block)
        let deleted = try BlockColumns(block).numbers(12)
        let versions = try BlockColumns(block).numbers(13)
        for row in 0..<events.count {
            let id = events.id(row)
            let known = newest[id]
            if let known, known.version >= versions[row] { continue }
            var json: ByteSlice?
            if deleted[row] == 0 {
                var writer = ByteWriter(capacity: 1024)
                events.writeJSON(row, into: &writer)
                json = writer.finish()
            }
            bytes += (json?.count ?? 0) - (known?.json?.count ?? 0)
            newest[id] = (versions[row], json)
        }
        guard bytes <= limit else {
            throw EventStoreError(.tooExpensive, "\(newest.count) events are larger than \(limit) bytes together")
        }
    }
}
