import Events
import Transport

/// Who waits for which event, and which of them are asked for together.
///
/// All that wait when a query can be sent go into it. A read that comes while a query for the same event is under way waits
/// for the next one: what that query has seen already may be older than what was stored before the read began.
struct ReadQueue<Waiter: AnyObject> {
    struct Limits: Sendable {
        /// How many events a query asks for.
        var groupSize = 64
        /// How many queries are under way at once.
        var running = 4
        /// How long those that wait are kept waiting for a query that is under way: then one more is sent beside it.
        var patience = Duration.milliseconds(20)
    }

    /// Events that are asked for together.
    struct Group: Sendable, Hashable {
        let number: Int
        let ids: [EventID]
    }

    private let limits: Limits
    /// The ids that are wanted, in the order of their first readers, and their readers.
    private var wanted: [EventID] = []
    private var waiters: [EventID: [Waiter]] = [:]
    /// Parts of groups whose answer was too large: asked for before anything else.
    private var parts: [[(id: EventID, waiters: [Waiter])]] = []
    private var running: [Int: [(id: EventID, waiters: [Waiter])]] = [:]
    private var lastBegan: Deadline?
    private var groups = 0

    init(_ limits: Limits = Limits()) { self.limits = limits }

    var isEmpty: Bool { waiters.isEmpty && parts.isEmpty && running.isEmpty }

    /// Somebody wants an event.
    mutating func want(_ id: EventID, _ waiter: Waiter) {
        if waiters[id] == nil { wanted.append(id) }
        waiters[id, default: []].append(waiter)
    }

    /// Somebody waits no longer. What was asked for on their behalf goes on, for the others.
    mutating func leave(_ id: EventID, _ waiter: Waiter) {
        guard var others = waiters[id] else { return }
        others.removeAll { $0 === waiter }
        waiters[id] = others.isEmpty ? nil : others
    }

    /// What to ask for now; nil where nobody waits, or those who do wait for a query that is under way.
    mutating func next(at now: Deadline) -> Group? {
        guard running.isEmpty || running.count < limits.running && nextTurn <= now else { return nil }
        var members: [(id: EventID, waiters: [Waiter])] = []
        if let part = parts.popLast() {
            members = part
        } else {
            var taken = 0
            for id in wanted {
                guard members.count < limits.groupSize else { break }
                taken += 1
                // Nobody may be left who waits for it.
                if let waiting = waiters.removeValue(forKey: id) { members.append((id, waiting)) }
            }
            wanted.removeFirst(taken)
        }
        guard !members.isEmpty else { return nil }
        groups += 1
        running[groups] = members
        lastBegan = now
        return Group(number: groups, ids: members.map(\.id))
    }

    /// When `next` may have something to give that it has not now, but for what is still to come.
    var nextDeadline: Deadline {
        let isWaitedFor = !waiters.isEmpty || !parts.isEmpty
        guard isWaitedFor, !running.isEmpty, running.count < limits.running else { return .never }
        return nextTurn
    }

    /// When a query is sent although others are under way.
    private var nextTurn: Deadline { lastBegan?.advanced(by: limits.patience) ?? .never }

    /// A group has been answered, or has failed: those who waited for it are to be told.
    mutating func finish(_ group: Group) -> [(id: EventID, waiters: [Waiter])] {
        running.removeValue(forKey: group.number) ?? []
    }

    /// A group's answer was too much for one: its halves are asked for. False where it cannot be divided.
    mutating func divide(_ group: Group) -> Bool {
        guard group.ids.count > 1, let members = running.removeValue(forKey: group.number) else { return false }
        let middle = members.count / 2
        parts.append(Array(members[middle...]))
        parts.append(Array(members[..<middle]))
        return true
    }

    /// Nothing is asked for any more: all who wait are to be told.
    mutating func removeAll() -> [Waiter] {
        defer {
            wanted = []
            waiters = [:]
            parts = []
            running = [:]
        }
        let members = parts.flatMap { $0 } + running.values.flatMap { $0 }
        return waiters.values.flatMap { $0 } + members.flatMap(\.waiters)
    }
}
