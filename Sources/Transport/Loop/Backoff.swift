/// Waiting times between attempts: each twice the last, up to a limit, with jitter so that clients that failed together
/// do not come back together.
public struct Backoff: Sendable, Hashable {
    /// How far waits stray from their nominal value.
    public enum Jitter: Sendable, Hashable {
        /// By at most this fraction of it, 0 to 1, in both directions.
        case proportional(Double)
        /// Anywhere from nothing to it: what spreads many clients best, where one that comes back at once does no harm.
        case full
    }

    /// The first wait.
    public var first: Duration

    /// The longest wait, before jitter.
    public var limit: Duration

    /// How far waits stray from their nominal value.
    public var jitter: Jitter

    /// Makes a back-off; the defaults are those of Kafka's Java client.
    public init(
        first: Duration = .milliseconds(100), limit: Duration = .seconds(1), jitter: Jitter = .proportional(0.2)
    ) {
        self.first = first
        self.limit = limit
        self.jitter = jitter
    }

    /// The wait before attempt number `attempt`, counted from 1 for the first repetition.
    public func delay(attempt: Int, using random: inout some RandomNumberGenerator) -> Duration {
        // Past 2⁶² times the first wait every limit is reached.
        var nominal = first
        for _ in 1..<min(max(attempt, 1), 63) where nominal < limit { nominal *= 2 }
        nominal = min(nominal, limit)
        switch jitter {
        case .proportional(let fraction):
            // What is not from 0 to 1 (or no number at all) makes no sense; a wait must not stop the program for it.
            let fraction = fraction >= 0 ? min(fraction, 1) : 0
            return nominal * Double.random(in: (1 - fraction)...(1 + fraction), using: &random)
        case .full:
            return nominal * Double.random(in: 0...1, using: &random)
        }
    }

    /// The wait before attempt number `attempt`, counted from 1 for the first repetition.
    public func delay(attempt: Int) -> Duration {
        var random = SystemRandomNumberGenerator()
        return delay(attempt: attempt, using: &random)
    }
}

/// Failures in a row, and how long to wait after each.
public struct Attempts: Sendable {
    private let backoff: Backoff

    /// How many failures there were since the last success.
    public private(set) var failures = 0

    /// No failure yet.
    public init(_ backoff: Backoff) { self.backoff = backoff }

    /// One more failure: how long to wait before the next attempt.
    public mutating func failed() -> Duration {
        failures += 1
        return backoff.delay(attempt: failures)
    }

    /// It went well: the next failure is a first one.
    public mutating func succeeded() { failures = 0 }
}
