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
        /// How long those who were just answered together are waited for: most of them come back at once, and would find
        /// the first of them asked for alone.
        var linger = Duration.milliseconds(2)
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
    /// When the last group was answered, and how many were told.
    private var lastAnswered: (at: Deadline, readers: Int)?
    private var waitingCount = 0
    private var groups = 0

    init(_ limits: Limits = Limits()) { self.limits = limits }

    var isEmpty: Bool { waiters.isEmpty && parts.isEmpty && running.isEmpty }

    /// Somebody wants an event.
    mutating func want(_ id: EventID, _ waiter: Waiter) {
        if waiters[id] == nil { wanted.append(id) }
        waiters[id, default: []].append(waiter)
        waitingCount += 1
    }

    /// Somebody waits no longer. What was asked for on their behalf goes on, for the others.
    mutating func leave(_ id: EventID, _ waiter: Waiter) {
        guard var others = waiters[id] else { return }
        waitingCount -= others.count
        others.removeAll { $0 === waiter }
        waitingCount += others.count
        waiters[id] = others.isEmpty ? nil : others
    }

    /// What to ask for now; nil where nobody waits, or those who do wait for a query that is under way.
    mutating func next(at now: Deadline) -> Group? {
        guard running.count < limits.running else { return nil }
        if let begin = earliestBegin, now < begin { return nil }
        var members: [(id: EventID, waiters: [Waiter])] = []
        if let part = parts.popLast() {
            members = part
        } else {
            var taken = 0
            for id in wanted {
                guard members.count < limits.groupSize else { break }
                taken += 1
                // Nobody may be left who waits for it.
                guard let waiting = waiters.removeValue(forKey: id) else { continue }
                waitingCount -= waiting.count
                members.append((id, waiting))
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
        guard isWaitedFor, running.count < limits.running else { return .never }
        return earliestBegin ?? .never
    }

    /// Before when no query is sent, if there is such a time: beside another one, before that has taken long; else before
    /// those who were answered last are back, or have had their time for that.
    private var earliestBegin: Deadline? {
        guard running.isEmpty else { return lastBegan?.advanced(by: limits.patience) }
        guard let lastAnswered, parts.isEmpty, waitingCount < lastAnswered.readers else { return nil }
        return lastAnswered.at.advanced(by: limits.linger)
    }

    /// A group has been answered, or has failed: those who waited for it are to be told.
    mutating func finish(_ group: Group, at now: Deadline) -> [(id: EventID, waiters: [Waiter])] {
        let members = running.removeValue(forKey: group.number) ?? []
        lastAnswered = (now, members.reduce(0) { $0 + $1.waiters.count })
        return members
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
            waitingCount = 0
            parts = []
            running = [:]
        }
        let members = parts.flatMap { $0 } + running.values.flatMap { $0 }
        return waiters.values.flatMap { $0 } + members.flatMap(\.waiters)
    }
}
