import Events

/// The rows that this consumer wrote lately: it is the only one that writes the events of its partitions, so what it
/// wrote is what is stored, until a partition is taken away.
///
/// Bounded by bytes; the rows that were written longest ago go first.
struct RowCache {
    private struct Entry {
        var row: CachedRow
        var partition: Int32
        /// When it was written: an older mention in `order` is void.
        var turn: UInt64
    }

    private let limit: Int
    private var entries: [EventID: Entry] = [:]
    private var order: [(id: EventID, turn: UInt64)] = []
    private var first = 0
    private var turn: UInt64 = 0
    private(set) var bytes = 0

    init(limit: Int) { self.limit = limit }

    var count: Int { entries.count }

    /// The row, where it is known of that partition.
    func row(_ id: EventID, partition: Int32) -> Event? {
        guard let entry = entries[id], entry.partition == partition else { return nil }
        return entry.row.event
    }

    /// Keeps a row that was written, in memory of its own.
    mutating func insert(_ event: Event, partition: Int32) {
        let (id, row) = (event.id, CachedRow(event))
        turn &+= 1
        if let old = entries.updateValue(Entry(row: row, partition: partition, turn: turn), forKey: id) {
            bytes -= old.row.cost
        }
        bytes += row.cost
        order.append((id, turn))
        while bytes > limit, first < order.count {
            let (id, turn) = order[first]
            first += 1
            guard let entry = entries[id], entry.turn == turn else { continue }
            bytes -= entry.row.cost
            entries[id] = nil
        }
        // Taken entries go in one move, now and then; so do the void mentions of rows that are written again and again.
        if first > 1024, first * 2 > order.count {
            order.removeFirst(first)
            first = 0
        } else if order.count > 4 * entries.count + 4096 {
            order = order[first...].filter { entries[$0.id]?.turn == $0.turn }
            first = 0
        }
    }

    /// Forgets the rows of partitions that were taken away.
    mutating func remove(partitions: Set<Int32>) {
        for (id, entry) in entries where partitions.contains(entry.partition) {
            bytes -= entry.row.cost
            entries[id] = nil
        }
    }
}
