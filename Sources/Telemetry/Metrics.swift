import Synchronization

/// A number that only grows: requests, bytes, failures. Any thread adds; nobody waits, nor slows another one down.
public final class Counter: Sendable {
    private let cells = ThreadCells(count: 1)

    /// A counter at zero. `MetricsRegistry.counter` makes one that is shown.
    public init() {}

    /// Adds to it.
    public func increment(by amount: Int = 1) { cells.mine { $0[0].wrappingAdd(amount, ordering: .relaxed) } }

    /// What it stands at.
    public var value: Int { cells.sum(0) }
}

/// A number that goes up and down: connections, lag, memory.
public final class Gauge: Sendable {
    private let bits = Atomic<UInt64>(0)

    /// A gauge at zero. `MetricsRegistry.gauge` makes one that is shown.
    public init() {}

    /// Sets it.
    public func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    /// Sets it.
    public func set(_ value: Int) { set(Double(value)) }

    /// Adds to it, or takes away.
    public func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let result = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if result.exchanged { return }
            old = result.original
        }
    }

    /// What it stands at.
    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

/// How often values fell into which range: durations in seconds, sizes in bytes.
public final class Histogram: Sendable {
    /// The upper bounds of the ranges, ascending; one more range takes what is above the last.
    public let bounds: [Double]

    /// A count for each range, and the sum of the values behind them.
    private let cells: ThreadCells

    /// Bounds for durations in seconds, from half a millisecond to ten seconds.
    public static let seconds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    /// Bounds for counts and bytes: powers of four from 1 to 16 million.
    public static let sizes: [Double] = (0...12).map { Double(1 << (2 * $0)) }

    /// An empty histogram. `MetricsRegistry.histogram` makes one that is shown.
    public init(bounds: [Double] = Histogram.seconds) {
        self.bounds = bounds.sorted()
        cells = ThreadCells(count: bounds.count + 2)
    }

    /// Counts a value in; what is not a number is left out.
    public func record(_ value: Double) {
        if value.isNaN { return }
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if value <= bounds[middle] { high = middle } else { low = middle + 1 }
        }
        cells.mine { cell in
            cell[low].wrappingAdd(1, ordering: .relaxed)
            let sum = bounds.count + 1
            var old = cell[sum].load(ordering: .relaxed)
            while true {
                let new = Int(bitPattern: UInt((Double(bitPattern: UInt64(bitPattern: Int64(old))) + value).bitPattern))
                let result = cell[sum].weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
                if result.exchanged { return }
                old = result.original
            }
        }
    }

    /// Counts a duration in, in seconds.
    public func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        record(Double(seconds) + Double(attoseconds) * 1e-18)
    }

    /// How many values fell into each range, the last one open above, and their sum. Values that come at the same time
    /// may be in one and not yet in the other.
    public var snapshot: (counts: [Int], sum: Double) {
        let counts = (0...bounds.count).map { cells.sum($0) }
        let sums = cells.all(bounds.count + 1).map { Double(bitPattern: UInt64(bitPattern: Int64($0))) }
        return (counts, sums.reduce(0, +))
    }
}
