import EventStore
import Events
import Telemetry

/// What came of a batch's operations.
struct BatchResult {
    var outcomes: [EventOutcome: Int] = [:]
    /// The rows that were written.
    var rows = 0

    subscript(outcome: EventOutcome) -> Int { outcomes[outcome] ?? 0 }
}

/// Applies a batch: looks up what is stored of its events, merges in memory, writes what changed.
///
/// All of it may be done again, as a whole or after any part of it was done: a row of a version holds every operation
/// up to that version, and operations that a row holds change nothing.
struct BatchApplier {
    let store: any EventRowStore
    /// About how many bytes of rows are kept in memory before they are written.
    let insertBytes: Int
    /// The span that rows are written in; nil where nobody traces.
    var trace: TraceContext?
    /// How long writing takes.
    var insertSeconds: Histogram?

    /// Applies the batch.
    ///
    /// - Parameters:
    ///   - known: The whole rows of events that need not be looked up: a snapshot, so that an event is either known from
    ///     beginning to end, or looked up.
    ///   - written: Called with rows once they are stored.
    func apply(
        _ batch: OperationBatch, known: [EventID: Event], written: ([Event], OperationBatch) -> Void
    ) async throws -> BatchResult {
        var result = BatchResult()
        var pending = PendingRows()
        let unknown = batch.chains.keys.filter { known[$0] == nil }
        let states = unknown.isEmpty ? [:] : try await store.states(of: unknown)
        var incomplete: [EventID: Event] = [:]
        for (id, chain) in batch.chains {
            let row = known[id]
            if row == nil, let state = states[id], batch.needsWholeRow(chain, over: state) {
                incomplete[id] = state
                continue
            }
            pending.apply(batch, chain, to: row ?? states[id], &result)
            if pending.bytes >= insertBytes { try await write(&pending, batch, &result, written) }
        }
        // Whole rows may be large: as many are read as may be kept, then written, then the next ones are read.
        while !incomplete.isEmpty {
            let before = incomplete.count
            try await store.rows(at: Array(incomplete.values)) { row in
                // A row that was written twice is given twice.
                guard incomplete.removeValue(forKey: row.id) != nil, let chain = batch.chains[row.id] else {
                    return true
                }
                pending.apply(batch, chain, to: row, &result)
                return pending.bytes < insertBytes
            }
            guard incomplete.count < before else {
                // A merge, or another consumer that has not ended yet, has put newer rows in their places.
                throw EventStoreError(.malformed, "\(before) rows are not where they were a moment ago")
            }
            try await write(&pending, batch, &result, written)
        }
        try await write(&pending, batch, &result, written)
        return result
    }

    private func write(
        _ pending: inout PendingRows, _ batch: OperationBatch, _ result: inout BatchResult,
        _ written: ([Event], OperationBatch) -> Void
    ) async throws {
        guard !pending.rows.isEmpty else { return }
        let start = ContinuousClock.now
        try await store.insert(pending.rows, new: pending.new, trace: trace)
        insertSeconds?.record(ContinuousClock.now - start)
        result.rows += pending.rows.count
        written(pending.rows, batch)
        pending = PendingRows()
    }
}

/// Rows that wait to be written.
private struct PendingRows {
    var rows: [Event] = []
    /// Those among them whose event was not stored before.
    var new: [Event] = []
    var bytes = 0

    mutating func apply(
        _ batch: OperationBatch, _ chain: OperationBatch.Chain, to stored: Event?, _ result: inout BatchResult
    ) {
        var row = stored
        let version = stored?.version
        batch.forEach(in: chain) { operation, version in
            result.outcomes[operation.apply(to: &row, version: version), default: 0] += 1
        }
        guard let row, row.version != version else { return }
        rows.append(row)
        if stored == nil { new.append(row) }
        bytes += row.size
    }
}

/// What the applier needs of a store.
protocol EventRowStore {
    /// The newest state of events: rows that hold nothing but what finds them; ids that are not stored are missing.
    func states(of ids: [EventID]) async throws -> [EventID: Event]

    /// The whole rows at the given places, as they come, until `body` says that it takes no more.
    func rows(at places: [Event], _ body: (Event) -> Bool) async throws

    /// Stores rows, and before them the keys of those that are new, in a trace where one is given.
    func insert(_ rows: [Event], new: [Event], trace: TraceContext?) async throws
}

extension EventStore: EventRowStore {}
