/// The memory for large bodies, and who waits for a part of it, in order.
///
/// Each takes all that it may need at once, before it reads: whoever has taken a part never waits for another, so that
/// bodies in parallel cannot wait for each other.
struct BodyRoom<Waiter: AnyObject> {
    private struct Entry {
        let waiter: Waiter
        let bytes: Int
    }

    /// How many bytes may be taken; whoever wants more comes alone.
    let limit: Int
    /// How many are.
    private(set) var taken = 0
    private var waiting: [Entry] = []

    init(limit: Int) { self.limit = limit }

    /// How many wait.
    var waiterCount: Int { waiting.count }

    private func fits(_ bytes: Int) -> Bool { taken == 0 || bytes <= limit - taken }

    /// Takes so many bytes where they are free and nobody waits; whether it did.
    mutating func take(_ bytes: Int) -> Bool {
        guard waiting.isEmpty, fits(bytes) else { return false }
        taken += bytes
        return true
    }

    /// Waits behind all others.
    mutating func wait(_ waiter: Waiter, for bytes: Int) { waiting.append(Entry(waiter: waiter, bytes: bytes)) }

    /// Lets those in, in order, for whom there is room: each has taken its bytes then.
    mutating func admit() -> [Waiter] {
        var count = 0
        while count < waiting.count, fits(waiting[count].bytes) {
            taken += waiting[count].bytes
            count += 1
        }
        defer { waiting.removeFirst(count) }
        return waiting.prefix(count).map(\.waiter)
    }

    /// Gives bytes back. Others may have room then: see `admit()`.
    mutating func giveBack(_ bytes: Int) { taken -= bytes }

    /// Goes without having been admitted. Those behind it may have room then: see `admit()`.
    mutating func leave(_ waiter: Waiter) { waiting.removeAll { $0.waiter === waiter } }

    /// Sends all away who wait.
    mutating func removeWaiters() -> [Waiter] {
        defer { waiting = [] }
        return waiting.map(\.waiter)
    }
}
