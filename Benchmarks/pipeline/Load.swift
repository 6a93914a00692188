import Transport

/// Sends the operations of a phase, so many at once, and shows how it goes.
struct Load {
    let target: Target
    let workload: Workload
    let concurrency: Int

    /// What a phase took.
    struct Result {
        let phase: Phase
        let count: Int
        let seconds: Double
        let latencies: Latencies

        var line: String {
            let name = "\(phase.rawValue)s"
            guard count > 0 else { return "\(name): none" }
            let p = latencies.percentiles([50, 95, 99])
            return "\(name): \(count) in \(fixed(seconds)) s, \(fixed(Double(count) / seconds, 0))/s; "
                + "ms p50 \(fixed(p[0], 2)), p95 \(fixed(p[1], 2)), p99 \(fixed(p[2], 2))"
        }
    }

    func run(_ phase: Phase, count: Int, on loop: EventLoop) async throws -> Result {
        let clock = ContinuousClock()
        let counter = LoopBound(Counter(count), on: loop)
        let start = clock.now
        let latencies = try await withThrowingTaskGroup(of: Latencies.self) { group in
            for _ in 0..<min(concurrency, count) {
                group.addTask(executorPreference: loop) {
                    var latencies = Latencies()
                    while let number = counter.value.next() {
                        let begin = clock.now
                        try await target.send(workload, number, phase)
                        latencies.record(begin.duration(to: clock.now))
                        counter.value.finish(phase, since: start)
                    }
                    return latencies
                }
            }
            var all = Latencies()
            for try await some in group { all.merge(some) }
            return all
        }
        counter.value.progress.end()
        return Result(
            phase: phase, count: count, seconds: start.duration(to: clock.now).seconds, latencies: latencies)
    }
}

/// Which operation is next, and how many are done.
private struct Counter {
    let count: Int
    private var started = 0
    private var done = 0
    private var shownAt = ContinuousClock.now
    let progress = Progress()

    init(_ count: Int) { self.count = count }

    mutating func next() -> Int? {
        guard started < count else { return nil }
        started += 1
        return started - 1
    }

    mutating func finish(_ phase: Phase, since start: ContinuousClock.Instant) {
        done += 1
        guard done % 256 == 0 else { return }
        let now = ContinuousClock.now
        guard shownAt.duration(to: now) > .seconds(1) else { return }
        shownAt = now
        let rate = Double(done) / start.duration(to: now).seconds
        progress.show("\(phase.rawValue)s: \(done) of \(count), \(fixed(rate, 0))/s")
    }
}
