import Synchronization
public import Telemetry

/// How busy a loop is: the loop's thread counts, anyone reads.
final class LoopFigures: Sendable {
    private let rounds = Atomic<Int>(0)
    private let busy = Atomic<Int64>(0)
    private let longest = Atomic<Int64>(0)

    /// Counts a round that took `nanoseconds`. Called by one thread alone, so that loads and stores suffice.
    func record(busy nanoseconds: Int64) {
        rounds.store(rounds.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        busy.store(busy.load(ordering: .relaxed) &+ nanoseconds, ordering: .relaxed)
        if nanoseconds > longest.load(ordering: .relaxed) { longest.store(nanoseconds, ordering: .relaxed) }
    }

    var total: (rounds: Int, busy: Int64) { (rounds.load(ordering: .relaxed), busy.load(ordering: .relaxed)) }

    /// The longest round since this was asked last.
    func takeLongest() -> Int64 { longest.exchange(0, ordering: .relaxed) }
}

extension EventLoop {
    /// The loop's lag: the longest time that it took for one round of events and jobs since this was asked last, during
    /// which nothing else on the loop went on.
    public func takeLag() -> Duration { .nanoseconds(figures.takeLongest()) }

    /// How long the loop has worked since it began, as against waiting.
    public var busyTime: Duration { .nanoseconds(figures.total.busy) }
}

extension EventLoopGroup {
    /// Shows each loop's lag and working time: `event_loop_lag_seconds` (the longest round since it was asked last) and
    /// `event_loop_busy_seconds`.
    public func register(in metrics: MetricsRegistry) {
        @Sendable func seconds(_ duration: Duration) -> Double { Double(duration.wholeNanoseconds) / 1e9 }
        for loop in loops {
            let labels = [("loop", "\(loop.index)")]
            metrics.gauge("event_loop_lag_seconds", help: "The longest round since the last look.", labels: labels) {
                seconds(loop.takeLag())
            }
            metrics.gauge("event_loop_busy_seconds", help: "Time spent working.", labels: labels) {
                seconds(loop.busyTime)
            }
        }
    }
}
