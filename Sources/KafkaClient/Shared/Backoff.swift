/// Waiting times between attempts: each twice the last, up to a limit, with jitter so that clients that failed together
/// do not come back together.
public struct Backoff: Sendable, Hashable {
    /// The first wait.
    public var first: Duration

    /// The longest wait, before jitter.
    public var limit: Duration

    /// How far a wait strays from its nominal value, as a fraction of it.
    public var jitter: Double

    /// Makes a back-off; the defaults are the Java client's.
    public init(first: Duration = .milliseconds(100), limit: Duration = .seconds(1), jitter: Double = 0.2) {
        self.first = first
        self.limit = limit
        self.jitter = jitter
    }

    /// The wait before attempt number `attempt`, counted from 1 for the first repetition.
    public func delay(attempt: Int, using random: inout some RandomNumberGenerator) -> Duration {
        var nominal = first
        for _ in 1..<max(attempt, 1) where nominal < limit { nominal *= 2 }
        nominal = min(nominal, limit)
        return nominal * Double.random(in: (1 - jitter)...(1 + jitter), using: &random)
    }

    /// The wait before attempt number `attempt`, counted from 1 for the first repetition.
    public func delay(attempt: Int) -> Duration {
        var random = SystemRandomNumberGenerator()
        return delay(attempt: attempt, using: &random)
    }
}
