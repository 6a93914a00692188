/// The latency of every request of a phase, in microseconds.
struct Latencies {
    private var values: [UInt32] = []

    mutating func record(_ latency: Duration) {
        let (seconds, attoseconds) = latency.components
        values.append(UInt32(clamping: seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
    }

    mutating func merge(_ other: Latencies) { values += other.values }

    var count: Int { values.count }

    /// The latencies below which so many of a hundred requests stayed, in milliseconds.
    func percentiles(_ wanted: [Double]) -> [Double] {
        guard !values.isEmpty else { return wanted.map { _ in 0 } }
        let sorted = values.sorted()
        return wanted.map { percent in
            let place = Int((percent / 100 * Double(sorted.count)).rounded(.up)) - 1
            return Double(sorted[min(max(place, 0), sorted.count - 1)]) / 1_000
        }
    }
}
