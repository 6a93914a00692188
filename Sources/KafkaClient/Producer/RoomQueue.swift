import Transport

/// A bounded buffer's bytes, and who waits for room in it, in order.
///
/// Who is admitted has a promise of so many bytes until it has taken them, or has not: others are let in beside what is
/// buffered and what is promised alone. A waiter comes to its turn later than it is admitted, and meanwhile more room may come.
struct RoomQueue<Waiter: AnyObject> {
    private struct Entry {
        let waiter: Waiter
        let bytes: Int
        let deadline: Deadline
    }

    /// How many bytes may be buffered; one that is larger comes alone.
    let limit: Int
    /// How many are.
    private(set) var bufferedBytes = 0
    private var waiting = Fifo<Entry>()
    private var promises: [ObjectIdentifier: Int] = [:]
    private var promisedBytes = 0

    init(limit: Int) { self.limit = limit }

    /// How many wait, those not counted that are admitted.
    var waiterCount: Int { waiting.count }

    /// Whether so many bytes fit at once. Nobody overtakes those who wait.
    func hasRoom(for bytes: Int) -> Bool { waiting.isEmpty && fits(bytes) }

    private func fits(_ bytes: Int) -> Bool {
        let taken = bufferedBytes + promisedBytes
        return taken == 0 && promises.isEmpty || taken + bytes <= limit
    }

    /// So many bytes were buffered.
    mutating func took(_ bytes: Int) { bufferedBytes += bytes }

    /// So many bytes are buffered no longer.
    mutating func gaveBack(_ bytes: Int) { bufferedBytes -= bytes }

    /// Waits for room.
    mutating func wait(_ waiter: Waiter, for bytes: Int, until deadline: Deadline) {
        waiting.append(Entry(waiter: waiter, bytes: bytes, deadline: deadline))
    }

    /// Lets those in, in order, for whom there is room now. Each is `done` later, whatever it did with it.
    mutating func admit() -> [Waiter] {
        var admitted: [Waiter] = []
        while let entry = waiting.first, fits(entry.bytes) {
            _ = waiting.popFirst()
            promises[ObjectIdentifier(entry.waiter)] = entry.bytes
            promisedBytes += entry.bytes
            admitted.append(entry.waiter)
        }
        return admitted
    }

    /// It waits no longer, and is promised nothing: it has taken what it wanted, could not, or gave up.
    mutating func done(_ waiter: Waiter) {
        if let bytes = promises.removeValue(forKey: ObjectIdentifier(waiter)) {
            promisedBytes -= bytes
        } else {
            waiting.removeAll { $0.waiter === waiter }
        }
    }

    /// Sends those away who have waited for too long.
    mutating func expire(at now: Deadline) -> [Waiter] {
        var expired: [Waiter] = []
        while let entry = waiting.first, entry.deadline <= now {
            _ = waiting.popFirst()
            expired.append(entry.waiter)
        }
        return expired
    }

    /// Sends all away who wait.
    mutating func removeWaiters() -> [Waiter] {
        defer { waiting = Fifo() }
        var waiters: [Waiter] = []
        waiting.forEach { waiters.append($0.waiter) }
        return waiters
    }
}
