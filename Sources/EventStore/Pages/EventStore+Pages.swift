public import Bytes
import ClickHouseClient
import ClickHouseProtocol
import Events
import JSON
import Transport

/// Events that were found for a page, in its order: their rows are read afterwards.
public struct EventPage: Sendable {
    let request: EventPageRequest
    /// What finds the rows; the other fields are empty.
    let keys: [Event]

    /// Behind which place the next page begins; nil where nothing is left.
    public let next: EventPlace?

    init(_ request: EventPageRequest, found keys: [Event]) {
        self.request = request
        self.keys = Array(keys.prefix(request.limit))
        next = keys.count > request.limit ? self.keys.last.map { EventPlace(createdAt: $0.createdAt, id: $0.id) } : nil
    }
}

extension EventStore {
    /// Finds the events of a page.
    public func page(_ request: EventPageRequest) async throws(EventStoreError) -> EventPage {
        let deadline = Deadline.after(configuration.readTimeout)
        // A conversation's events stand together; all others' have to be looked for in the order of time.
        let isWhole = request.filter.conversationID != nil || !request.newestFirst
        let windows = isWhole ? [nil] : try await windows(for: request, until: deadline).map(Optional.some)
        var found: [Event] = []
        for window in windows where found.count <= request.limit {
            let query = PageQuery.keys(request, window: window, found: found.count)
            found += try await keys(read(query, until: deadline))
        }
        return EventPage(request, found: found)
    }

    /// A page's events as a JSON array; nil where it takes more than `limit` bytes.
    public func events(of page: EventPage, upTo limit: Int) async throws(EventStoreError) -> ByteSlice? {
        guard let window = page.window else { return ByteSlice(utf8: "[]") }
        let planned = PageQuery.rows(page.request, window: window)
        var query = read(planned.text, planned.parameters)
        query.externalTables = [.init("places", try EventColumns.keys(page.keys))]
        return try await array(client, query, upTo: limit)
    }

    /// A page's events as a JSON array, piece by piece; see `conversation(_:_:)`.
    public func events(
        of page: EventPage, _ body: (ByteSlice) async throws -> Bool
    ) async throws(EventStoreError) {
        guard let window = page.window else {
            try await asking { _ = try await body(ByteSlice(utf8: "[]")) }
            return
        }
        let planned = PageQuery.rows(page.request, window: window)
        try await streaming { () async throws(EventStoreError) in
            var query = stream(planned.text, planned.parameters)
            query.externalTables = [.init("places", try EventColumns.keys(page.keys))]
            try await array(streaming, query, body)
        }
    }

    /// A page of conversations as a JSON array, and behind which place the next page begins; nil where nothing is left.
    public func conversations(
        _ request: ConversationPageRequest
    ) async throws(EventStoreError) -> (json: ByteSlice, next: ConversationPlace?) {
        let deadline = Deadline.after(configuration.readTimeout)
        var found: [(conversationID: ByteSlice, lastEventAt: Timestamp)] = []
        // Of those that have an event in the newest window of time, the last one is known: most who ask want no more.
        let starts = try await starts(for: request, until: deadline)
        for start in starts + [nil] where found.count <= request.limit {
            found = try await places(read(PageQuery.conversations(request, since: start), until: deadline))
        }
        let isLast = found.count <= request.limit
        found = Array(found.prefix(request.limit))
        guard let first = found.first, let last = found.last else { return (ByteSlice(utf8: "[]"), nil) }
        let asOf = request.after?.asOf ?? first.lastEventAt
        let next =
            isLast
            ? nil
            : ConversationPlace(
                asOf: asOf, lastEventAt: last.lastEventAt, conversationID: last.conversationID.description)
        return (try await figures(found.map(\.conversationID), until: deadline), next)
    }

    /// The names of events and how many have each, as a JSON array.
    public func eventNames() async throws(EventStoreError) -> ByteSlice {
        try await rows(read(PageQuery.names, [])) { block, json, writer in
            let columns = BlockColumns(block)
            let names = try columns.text(0)
            let counts = try columns.numbers(1)
            for row in 0..<block.rowCount {
                json.beginObject(&writer)
                json.key("event_name", &writer)
                json.string(names[row], &writer)
                json.key("count", &writer)
                json.integer(counts[row], &writer)
                json.endObject(&writer)
            }
        }
    }

    private func read(_ planned: PlannedQuery, until deadline: Deadline) -> ClickHouseQuery {
        var query = read(planned.text, planned.parameters)
        query.deadline = deadline
        return query
    }

    /// The windows of time that a page may have events of, newest first.
    private func windows(
        for request: EventPageRequest, until deadline: Deadline
    ) async throws(EventStoreError) -> [Range<Timestamp>] {
        let filter = request.filter
        if filter.source == .facts {
            // Events at the place itself may come behind it.
            let place = request.after.map { Timestamp(milliseconds: $0.createdAt.milliseconds + 1) }
            let end = [filter.to, place].compactMap(\.self).min()
            return try await windows(from: filter.from, to: end, rows: Self.firstFacts, until: deadline)
        }
        let query = read(PlannedQuery(text: PageQuery.months, parameters: []), until: deadline)
        let months = try await pairs(query).map { (month: $0, rows: $1) }
        let (first, end) = (
            request.filter.from, [request.filter.to, request.after?.createdAt].compactMap(\.self).min()
        )
        return TimeWindows.newestFirst(months, rows: Self.firstWindow).filter { window in
            first.map { $0 < window.upperBound } ?? true && end.map { $0 >= window.lowerBound } ?? true
        }
    }

    private func windows(
        from: Timestamp?, to: Timestamp?, rows: UInt64, until deadline: Deadline
    ) async throws(EventStoreError) -> [Range<Timestamp>] {
        let query = read(PlannedQuery(text: PageQuery.spans, parameters: []), until: deadline)
        let spans = try await asking {
            var spans: [(ClosedRange<Timestamp>, UInt64)] = []
            for block in try await client.blocks(query) {
                let columns = BlockColumns(block)
                let rows = try columns.numbers(0)
                let (firsts, lasts) = (try columns.milliseconds(1), try columns.milliseconds(2))
                for row in 0..<block.rowCount where firsts[row] <= lasts[row] {
                    let span = Timestamp(milliseconds: firsts[row])...Timestamp(milliseconds: lasts[row])
                    spans.append((span, rows[row]))
                }
            }
            return spans
        }
        let after = Timestamp(milliseconds: Timestamp.storable.upperBound.milliseconds + 1)
        let (first, end) = (from ?? Timestamp.storable.lowerBound, to ?? after)
        guard first < end else { return [] }
        return TimeWindows.newestFirst(spans, within: first..<end, rows: rows)
    }

    /// From when on conversations are looked for, at first and where those are too few; in the end, all are.
    private func starts(
        for request: ConversationPageRequest, until deadline: Deadline
    ) async throws(EventStoreError) -> [Timestamp?] {
        guard request.filter.source == .facts else { return [] }
        let end = request.after.map { Timestamp(milliseconds: $0.lastEventAt.milliseconds + 1) }
        let windows = try await windows(from: nil, to: end, rows: Self.firstFacts, until: deadline)
        return windows.prefix(2).map(\.lowerBound)
    }

    /// How many facts are looked at first.
    private static let firstFacts: UInt64 = 65_536

    /// How many rows are looked at before those of older months are.
    private static let firstWindow: UInt64 = 1_000_000

    /// Two columns of numbers.
    func pairs(_ query: ClickHouseQuery) async throws(EventStoreError) -> [(UInt64, UInt64)] {
        try await asking {
            var pairs: [(UInt64, UInt64)] = []
            for block in try await client.blocks(query) {
                let columns = BlockColumns(block)
                pairs += zip(try columns.numbers(0), try columns.numbers(1))
            }
            return pairs
        }
    }

    private func keys(_ query: ClickHouseQuery) async throws(EventStoreError) -> [Event] {
        try await asking {
            var keys: [Event] = []
            for block in try await client.blocks(query) {
                let columns = BlockColumns(block)
                let ids = try columns.uuids(0)
                let conversations = try columns.text(1)
                let times = try columns.milliseconds(2)
                for row in 0..<block.rowCount {
                    let time = Timestamp(milliseconds: times[row])
                    keys.append(
                        Event(
                            id: EventID(ids[row]), conversationID: conversations[row], createdAt: time, updatedAt: time,
                            isDeleted: false, version: EventVersion(rawValue: 0)))
                }
            }
            return keys
        }
    }

    private func places(
        _ query: ClickHouseQuery
    ) async throws(EventStoreError) -> [(conversationID: ByteSlice, lastEventAt: Timestamp)] {
        try await asking {
            var places: [(ByteSlice, Timestamp)] = []
            for block in try await client.blocks(query) {
                let columns = BlockColumns(block)
                let conversations = try columns.text(0)
                let times = try columns.milliseconds(1)
                for row in 0..<block.rowCount {
                    places.append((conversations[row], Timestamp(milliseconds: times[row])))
                }
            }
            return places
        }
    }

    /// The figures of conversations, in the order in which they are named; those that are gone meanwhile are left out.
    private func figures(
        _ conversations: [ByteSlice], until deadline: Deadline
    ) async throws(EventStoreError) -> ByteSlice {
        var query = read(PlannedQuery(text: PageQuery.figures, parameters: []), until: deadline)
        query.externalTables = [.init("picked", try EventColumns.conversations(conversations))]
        return try await asking {
            try await client.query(query) { result in
                var rows: [ByteSlice: ByteSlice] = [:]
                var size = 0
                while let block = try await result.next() {
                    let figures = try ConversationFigures(block)
                    for row in 0..<block.rowCount {
                        let json = figures.json(row)
                        rows[figures.conversations[row]] = json
                        size += json.count
                    }
                    guard size <= configuration.resultLimit else {
                        throw EventStoreError(
                            .tooExpensive, "the result is larger than \(configuration.resultLimit) bytes")
                    }
                }
                var writer = ByteWriter(capacity: size + conversations.count + 2)
                var json = JSONWriter()
                json.beginArray(&writer)
                for conversation in conversations {
                    if let row = rows[conversation] { json.raw(row.span, &writer) }
                }
                json.endArray(&writer)
                return writer.finish()
            }
        }
    }
}

extension EventPage {
    /// From when to when its events were created; nil where there are none.
    fileprivate var window: ClosedRange<Timestamp>? {
        guard let first = keys.first?.createdAt, let last = keys.last?.createdAt else { return nil }
        return min(first, last)...max(first, last)
    }
}

/// A block of conversations' figures.
private struct ConversationFigures {
    let conversations: TextColumn
    private let firsts: [Int64]
    private let lasts: [Int64]
    private let counts: [UInt64]
    private let errors: [UInt64]
    private let latencies: [Double]
    private let metadata: TextColumn

    init(_ block: Block) throws(EventStoreError) {
        let columns = BlockColumns(block)
        conversations = try columns.text(0)
        firsts = try columns.milliseconds(1)
        lasts = try columns.milliseconds(2)
        counts = try columns.numbers(3)
        errors = try columns.numbers(4)
        latencies = try columns.doubles(5)
        metadata = try columns.text(6)
    }

    func json(_ row: Int) -> ByteSlice {
        var writer = ByteWriter(capacity: 256)
        var json = JSONWriter()
        json.beginObject(&writer)
        json.key("conversation_id", &writer)
        json.string(conversations[row], &writer)
        json.key("first_event_at", &writer)
        json.string(Timestamp(milliseconds: firsts[row]).description, &writer)
        json.key("last_event_at", &writer)
        json.string(Timestamp(milliseconds: lasts[row]).description, &writer)
        json.key("event_count", &writer)
        json.integer(counts[row], &writer)
        json.key("error_count", &writer)
        json.integer(errors[row], &writer)
        json.key("total_latency", &writer)
        // Latencies are finite; their sum may not be.
        json.number(min(latencies[row], .greatestFiniteMagnitude), &writer)
        json.key("metadata", &writer)
        json.string(metadata[row], &writer)
        json.endObject(&writer)
        return writer.finish()
    }
}
