/// Decides when freed memory goes back to the system: a little after load has gone, where enough is free, and once for
/// what became free.
///
/// A plain value: times and figures come in. The heap says how much is free, and not how much of that it gave back
/// already; so what was free after the last time is taken as given back, unless the process has grown since.
struct TrimDecision {
    /// How many bytes must be there to be given back.
    static let worth = 4 << 20
    /// The share of their time that the loops may be at work in a quiet second.
    static let quietShare = 0.1
    /// How many looks in a row must have been quiet.
    static let quietLooks = 2
    /// How long the loops must have worked since the heap was asked last: what nobody touched has not changed.
    static let work = Duration.milliseconds(2)

    private let loops: Int
    private var last: (time: Deadline, busy: Duration)?
    private var quiet = 0
    private var worked = Duration.zero
    /// What was free and what the process had when memory was given back, or less.
    private var free = 0
    private var resident = 0

    init(loops: Int) { self.loops = loops }

    /// Whether the heap is to be asked how much is free.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - busy: How long all loops have worked since they began.
    mutating func look(at now: Deadline, busy: Duration) -> Bool {
        defer { last = (now, busy) }
        guard let last else { return false }
        let more = busy - last.busy
        worked += more
        let time = last.time.duration(to: now) * loops
        quiet = more / max(time, .nanoseconds(1)) <= Self.quietShare ? quiet + 1 : 0
        guard quiet >= Self.quietLooks, worked >= Self.work else { return false }
        worked = .zero
        return true
    }

    /// Whether to give back what is free.
    mutating func shouldTrim(free: Int, resident: Int) -> Bool {
        // What is used again may become free again.
        self.free = min(self.free, free)
        self.resident = min(self.resident, resident)
        return free - self.free >= Self.worth || (free >= Self.worth && resident - self.resident >= Self.worth)
    }

    /// It was given back; so much is free by the heap's count, and the process has so much left.
    mutating func trimmed(free: Int, resident: Int) {
        self.free = free
        self.resident = resident
    }
}
