import Transport

/// When to say that ClickHouse, or its schema, is waited for, and what: soon, so that a wrong address is seen; seldom, so
/// that the log stays readable; and once more when the wait is over.
struct WaitReport {
    /// When lines are due.
    struct Times {
        /// A start that takes no longer is not worth a word.
        var first = Duration.seconds(3)
        var next = Duration.seconds(30)
    }

    /// A line for the log.
    enum Line: Equatable {
        /// Nothing good has come for so long; why, as far as that is known.
        case waiting(Duration, EventStoreError.Code, reason: String)
        /// It was worth waiting for.
        case over(Duration)
    }

    private let start: Deadline
    private let times: Times
    private var reason: EventStoreError?
    private var hasSpoken = false

    /// When the next line is due.
    private(set) var due: Deadline

    init(_ times: Times, start: Deadline) {
        self.times = times
        self.start = start
        due = start.advanced(by: times.first)
    }

    /// Takes in why the last attempt failed.
    mutating func fail(_ error: EventStoreError) { reason = error }

    /// The line that is due now, if one is.
    mutating func line(at now: Deadline) -> Line? {
        guard now >= due else { return nil }
        due = now.advanced(by: times.next)
        hasSpoken = true
        return .waiting(
            start.duration(to: now), reason?.code ?? .unavailable, reason: reason?.message ?? "nothing has answered yet"
        )
    }

    /// The last line, where any was said before.
    func end(at now: Deadline) -> Line? { hasSpoken ? .over(start.duration(to: now)) : nil }
}
