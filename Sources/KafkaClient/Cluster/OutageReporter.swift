import Transport

/// Whether a cluster's brokers answer, or a group's coordinator takes its member, since when they do not, and when that is
/// to be logged: once when it has lasted a little, again now and then while it lasts, and once when it is over.
///
/// A plain value: the cluster tells it what happens, a timer when to look again.
struct OutageReporter {
    /// A line for the log.
    enum Report: Hashable {
        case outage(brokers: [String], reason: String, lasted: Duration)
        case over(broker: String, lasted: Duration)
    }

    /// How long an outage lasts before it is told: leaders move and brokers restart without anybody's need to know.
    let patience: Duration
    /// How often it is told while it lasts.
    static let interval = Duration.seconds(30)
    /// How many brokers a line names at most.
    static let namesLimit = 10

    /// Since when no broker has answered although one was asked; nil where all is well.
    private(set) var since: Deadline?
    /// When to look next; nil while there is nothing to look for.
    private(set) var nextLook: Deadline?
    /// Why the last attempt failed.
    private(set) var lastError: KafkaError?
    private var hasReported = false
    private var tried: [String] = []

    init(patience: Duration = .seconds(3)) { self.patience = patience }

    /// A broker is asked.
    mutating func asked(_ broker: String, now: Deadline) {
        if since == nil {
            since = now
            nextLook = now + patience
        }
        if !tried.contains(broker), tried.count < Self.namesLimit { tried.append(broker) }
    }

    /// The broker that was asked did not answer, or not with what it was asked for.
    mutating func failed(_ error: KafkaError) { lastError = error }

    /// A broker has answered.
    mutating func answered(_ broker: String, now: Deadline) -> Report? {
        let report = hasReported ? since.map { Report.over(broker: broker, lasted: $0.duration(to: now)) } : nil
        self = OutageReporter(patience: patience)
        return report
    }

    /// Looks whether there is something to tell.
    mutating func look(now: Deadline) -> Report? {
        guard let since, let nextLook, nextLook <= now else { return nil }
        hasReported = true
        self.nextLook = now + Self.interval
        return .outage(
            brokers: tried, reason: lastError?.description ?? "no answer yet", lasted: since.duration(to: now))
    }

    /// Whether the outage has lasted longer than a broker's restart or a slow answer would explain.
    func isOutage(now: Deadline) -> Bool { since.map { $0.duration(to: now) >= patience } ?? false }
}
