import Transport

/// Which of several servers to ask for a connection, in which order, and for how long each.
///
/// A server that takes connections and never answers must leave time for the next one. One that failed a moment ago is
/// asked last, so that not every attempt finds out anew; after a while it is in its place again.
struct EndpointHealth {
    /// How long a failure counts.
    static let memory: Duration = .seconds(10)
    /// The least time that a server gets where others are left: a round trip and TLS's handshake over a long way.
    static let leastTime: Duration = .milliseconds(50)

    private var failures: [Deadline?]

    init(count: Int) { failures = Array(repeating: nil, count: count) }

    /// The servers' places in the configuration, the first to ask first: those that are well in their order, then those
    /// that failed, the longest ago first.
    func order(now: Deadline) -> [Int] {
        let failed = failures.indices.filter { isFailed($0, now) }
            .sorted { (failures[$0] ?? now, $0) < (failures[$1] ?? now, $1) }
        return failures.indices.filter { !isFailed($0, now) } + failed
    }

    private func isFailed(_ index: Int, _ now: Deadline) -> Bool {
        failures[index].map { now < $0.advanced(by: Self.memory) } ?? false
    }

    /// A server did not give a connection.
    mutating func failed(_ index: Int, now: Deadline) { failures[index] = now }

    /// A server gave one.
    mutating func succeeded(_ index: Int) { failures[index] = nil }

    /// How long a server is waited for.
    ///
    /// - Parameters:
    ///   - left: how many servers are left, with this one.
    ///   - patience: what is left of the time of whoever waits for the connection.
    ///   - limit: the time that a server has at the most. The last one has all of it, whoever waits: what it makes is kept.
    static func time(left: Int, patience: Duration, limit: Duration) -> Duration {
        guard left > 1 else { return limit }
        return min(limit, max(min(patience, limit) / left, leastTime))
    }
}
