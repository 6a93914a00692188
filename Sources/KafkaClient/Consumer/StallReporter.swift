import Transport

/// Whether a partition brings bytes time and again and no whole record batch in them, and when that is to be logged. Once may
/// be a damaged answer; what stays so holds the partition up for as long as nobody looks.
struct StallReporter {
    /// From how many times in a row on it is told.
    static let patience = 3
    /// How often it is told while it lasts.
    static let interval = Duration.seconds(30)

    private var times = 0
    private var nextReport = Deadline.distantPast

    /// Once more: how often in a row, where that is to be told now.
    mutating func stalled(at now: Deadline) -> Int? {
        times += 1
        guard times >= Self.patience, nextReport <= now else { return nil }
        nextReport = now + Self.interval
        return times
    }

    /// It can be read on. What was told is not told again before its time, should it begin anew.
    mutating func moved() { times = 0 }
}
