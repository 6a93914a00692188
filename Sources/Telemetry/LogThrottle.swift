/// Decides which of many alike lines are written, so that a flood of failures does not become a flood of the log: so many
/// in a window of time, and how many were left out since the last one that was written.
public struct LogThrottle: Sendable {
    private let limit: Int
    private let window: Int64
    private var start = Int64.min
    private var written = 0
    private var leftOut = 0

    /// Makes a throttle.
    ///
    /// - Parameters:
    ///   - limit: How many lines a window may have.
    ///   - milliseconds: How long a window is.
    public init(_ limit: Int, in milliseconds: Int64) {
        self.limit = limit
        window = milliseconds
    }

    /// Takes a line at a time, in milliseconds on any clock.
    ///
    /// - Returns: How many were left out before this one; nil where it is to be left out, too.
    public mutating func take(at time: Int64) -> Int? {
        // A clock that was set back begins a window of its own.
        if start == .min || time < start || time - start >= window {
            start = time
            written = 0
        }
        guard written < limit else {
            leftOut += 1
            return nil
        }
        written += 1
        defer { leftOut = 0 }
        return leftOut
    }
}
