import ClickHouseProtocol
import Transport

/// What a pool of connections decides, without making, using or closing any: who gets which, who waits, when to connect,
/// and whom a failure concerns.
///
/// An attempt to connect belongs to the pool, not to whoever asked for it: it has its own time, and its outcome goes to
/// whoever has waited longest. So one caller's deadline or cancellation fails no other caller, and only what a server, or
/// the way to it, did is remembered as a failure.
///
/// What always holds after each call: no more than `limit` connections, counting those being made; nobody waits while a
/// connection is idle; nobody waits unless a connection is in use or being made, whose end brings that caller an answer.
struct PoolState<Connection> {
    /// Somebody who waits.
    typealias Waiter = Int

    /// What to do next, in this order.
    enum Action {
        /// The waiter gets the connection, which is in use from now on.
        case lend(Connection, to: Waiter)
        /// The waiter gets the error.
        case fail(Waiter, ClickHouseError)
        /// Another connection is to be made: `attemptSucceeded` or `attemptFailed` must follow.
        case connect
        /// The connection is not wanted any more.
        case close(Connection)
    }

    /// What a caller gets.
    enum Answer {
        /// A connection that was idle since then; in use from now on.
        case lend(Connection, idleSince: Deadline)
        /// It must wait for an action that names it, or `leave`.
        case wait(Waiter)
        case refuse(ClickHouseError)
    }

    /// The settings that matter here.
    struct Limits {
        var connections: Int
        var waiters: Int
        var firstBackOff: Duration
        var longestBackOff: Duration
    }

    private let limits: Limits
    private(set) var idle: [(connection: Connection, since: Deadline)] = []
    private(set) var inUse = 0
    private(set) var connecting = 0
    /// Who waits, the longest first.
    private(set) var waiting: [Waiter] = []
    private(set) var isClosed = false
    private var nextWaiter = 0
    private var failure: (error: ClickHouseError, until: Deadline, pause: Duration)?

    init(_ limits: Limits) { self.limits = limits }

    /// All connections, those being made too.
    var count: Int { idle.count + inUse + connecting }

    // MARK: Callers

    /// Somebody wants a connection.
    mutating func borrow(now: Deadline) -> (answer: Answer, actions: [Action]) {
        guard !isClosed else { return (.refuse(Self.closed), []) }
        if let last = idle.popLast() {
            inUse += 1
            return (.lend(last.connection, idleSince: last.since), [])
        }
        // Where no connection can be made for now, those in use may still come free: but that may take long, and why there
        // are no more of them is known.
        if let failure, now < failure.until, count < limits.connections { return (.refuse(failure.error), []) }
        guard waiting.count < limits.waiters else {
            return (
                .refuse(
                    ClickHouseError(
                        .poolExhausted, "\(described), and \(waiting.count) callers wait for one", isRetriable: true)),
                []
            )
        }
        nextWaiter += 1
        waiting.append(nextWaiter)
        return (.wait(nextWaiter), connectWhereNeeded(now))
    }

    /// A waiter's time is up, or it was cancelled. Attempts to connect go on: what they make is kept.
    ///
    /// - Returns: what a waiter whose time is up is told; nil where it did not wait any more.
    mutating func leave(_ waiter: Waiter) -> ClickHouseError? {
        guard let place = waiting.firstIndex(of: waiter) else { return nil }
        waiting.remove(at: place)
        if connecting > 0 { return ClickHouseError(.connect, "the server has not answered yet", isRetriable: true) }
        if let failure, count < limits.connections { return failure.error }
        return ClickHouseError(.poolExhausted, "\(described), and none came free in time", isRetriable: true)
    }

    private var described: String {
        limits.connections == 1 ? "the only connection is in use" : "all \(limits.connections) connections are in use"
    }

    // MARK: Connections

    /// A connection in use is given back, in order, or broken.
    mutating func giveBack(_ connection: Connection, isUsable: Bool, now: Deadline) -> [Action] {
        inUse -= 1
        if isUsable, !isClosed { return place(connection, now) }
        return [.close(connection)] + goOn(now)
    }

    /// A connection was made.
    mutating func attemptSucceeded(_ connection: Connection, now: Deadline) -> [Action] {
        connecting -= 1
        guard !isClosed else { return [.close(connection)] }
        failure = nil
        return place(connection, now) + connectWhereNeeded(now)
    }

    /// No connection could be made, since the server, or the way to it, did not allow it.
    mutating func attemptFailed(_ error: ClickHouseError, now: Deadline) -> [Action] {
        connecting -= 1
        guard !isClosed else { return [] }
        if error.serverCode == 81 {
            // UNKNOWN_DATABASE: the server is well, and the database may be there a moment later.
            failure = nil
        } else if let last = failure, now < last.until {
            failure?.error = error  // Attempts that were under way together are one failure.
        } else {
            let pause = failure.map { min($0.pause * 2, limits.longestBackOff) } ?? limits.firstBackOff
            failure = (error, now.advanced(by: pause), pause)
        }
        // The one for whom the attempt was made. The others may get a connection that is in use, where there is one.
        var actions: [Action] = []
        if !waiting.isEmpty { actions.append(.fail(waiting.removeFirst(), error)) }
        return actions + goOn(now)
    }

    /// Closes idle connections that are of no more use.
    mutating func dropIdle(where isUseless: (Connection, _ since: Deadline) -> Bool) -> [Action] {
        // They are idle, so nobody waits.
        let useless = idle.filter { isUseless($0.connection, $0.since) }
        guard !useless.isEmpty else { return [] }
        idle.removeAll { isUseless($0.connection, $0.since) }
        return useless.map { .close($0.connection) }
    }

    /// Nothing more is lent.
    mutating func close() -> [Action] {
        isClosed = true
        defer {
            idle = []
            waiting = []
        }
        return idle.map { .close($0.connection) } + waiting.map { .fail($0, Self.closed) }
    }

    // MARK: What follows

    private mutating func place(_ connection: Connection, _ now: Deadline) -> [Action] {
        guard !waiting.isEmpty else {
            idle.append((connection, now))
            return []
        }
        inUse += 1
        return [.lend(connection, to: waiting.removeFirst())]
    }

    /// Sees to those who wait after a connection was lost.
    private mutating func goOn(_ now: Deadline) -> [Action] {
        let attempts = connectWhereNeeded(now)
        guard inUse + connecting == 0, let failure, !waiting.isEmpty else { return attempts }
        // Nothing will ever come free.
        defer { waiting = [] }
        return waiting.map { .fail($0, failure.error) }
    }

    /// As many attempts as there are callers for whom none is under way.
    private mutating func connectWhereNeeded(_ now: Deadline) -> [Action] {
        if isClosed { return [] }
        if let failure, now < failure.until { return [] }
        let more = min(waiting.count - connecting, limits.connections - count)
        guard more > 0 else { return [] }
        connecting += more
        return Array(repeating: .connect, count: more)
    }

    private static var closed: ClickHouseError { ClickHouseError(.closed, "the client was closed") }
}
