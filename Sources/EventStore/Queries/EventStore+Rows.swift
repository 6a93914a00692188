import ClickHouseClient
import ClickHouseProtocol
public import Events
public import Telemetry
import Transport

extension EventStore {
    /// The newest state of events: rows that hold nothing but what finds them, deleted ones included. Ids that are not
    /// stored are missing.
    public func states(of ids: [EventID]) async throws -> [EventID: Event] {
        try await asking {
            let query = lookUp(SQL.states, "ids", try EventColumns.ids(ids))
            return try await client.query(query) { result in
                var states: [EventID: Event] = [:]
                while let block = try await result.next() {
                    let columns = BlockColumns(block)
                    let ids = try columns.uuids(0)
                    let conversations = try columns.text(1)
                    let times = try columns.milliseconds(2)
                    let versions = try columns.numbers(3)
                    let deleted = try columns.numbers(4)
                    for row in 0..<block.rowCount {
                        let id = EventID(ids[row])
                        let version = EventVersion(rawValue: versions[row])
                        // An event has one place. Should a fault ever make two, the newest counts.
                        if let other = states[id], other.version >= version { continue }
                        let time = Timestamp(milliseconds: times[row])
                        states[id] = Event(
                            id: id, conversationID: conversations[row], createdAt: time, updatedAt: time,
                            isDeleted: deleted[row] != 0, version: version)
                    }
                }
                return states
            }
        }
    }

    /// The whole rows of events whose state is known, in any order, until `body` says that it takes no more. A row that
    /// was written twice may be given twice.
    public func rows(at places: [Event], _ body: (Event) -> Bool) async throws {
        try await asking {
            let query = lookUp(SQL.rows, "places", try EventColumns.places(places))
            try await client.query(query) { result in
                while let block = try await result.next() {
                    let events = try EventBlock(block)
                    let versions = try BlockColumns(block).numbers(12)
                    for row in 0..<events.count {
                        guard body(events.event(row, version: EventVersion(rawValue: versions[row]))) else { return }
                    }
                }
            }
        }
    }

    /// Stores rows, and before them the keys of those that are new and the facts of all: a key that leads to no row does no
    /// harm, a row that no key leads to would not be found. Facts without their row are of an operation that is applied
    /// again, to the same end; once a row is there nothing is, so that facts that came after it might never come.
    public func insert(_ rows: [Event], new: [Event], trace: TraceContext? = nil) async throws {
        try await asking {
            let deadline = configuration.writeTimeout
            var options = ClickHouseQuery("", deadline: .after(deadline))
            options.trace = trace.map {
                TraceParent(
                    traceID: UInt128($0.traceID.high) << 64 | UInt128($0.traceID.low), spanID: $0.spanID,
                    flags: $0.flags)
            }
            options.settings = [
                // Changes of events of many months may come together.
                Setting("max_partitions_per_insert_block", "0"),
                // A block is written as soon as it is there, while the next one is made here.
                Setting("min_insert_block_size_rows", "1"),
            ]
            var facts: Block?
            if !new.isEmpty {
                let keys = try EventColumns.keys(new)
                try await client.insert(into: "event_keys", columns: keys.columns.map(\.name), options: options) {
                    try await $0.write(keys)
                    facts = try EventColumns.facts(rows)
                }
            }
            let written = try facts ?? EventColumns.facts(rows)
            var whole: Block?
            options.deadline = .after(deadline)
            try await client.insert(into: "event_facts", columns: written.columns.map(\.name), options: options) {
                try await $0.write(written)
                whole = try EventColumns.rows(rows)
            }
            options.deadline = .after(deadline)
            try await client.insert(into: "events", try whole ?? EventColumns.rows(rows), options: options)
        }
    }
}
