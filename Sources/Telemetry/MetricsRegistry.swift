public import Bytes
import Synchronization

/// The metrics of a process, and their text for Prometheus. Making one takes a lock, using one does not: make them once
/// and keep them. The same name with the same labels gives the same metric again. Characters that Prometheus does not
/// take in names become underscores.
///
/// An adapter from swift-metrics is this, in a file of the adopter's:
///
///     extension Telemetry.Counter: @retroactive CounterHandler {
///         public func increment(by amount: Int64) { increment(by: Int(amount)) }
///         public func reset() {}
///     }
///     extension Telemetry.Histogram: @retroactive RecorderHandler, @retroactive TimerHandler {
///         public func record(_ value: Int64) { record(Double(value)) }
///         public func recordNanoseconds(_ duration: Int64) { record(.nanoseconds(duration)) }
///     }
///     struct Factory: MetricsFactory {
///         let registry: MetricsRegistry
///         func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
///             registry.counter(label, labels: dimensions)
///         }
///         func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
///             registry.histogram(label, labels: dimensions)
///         }
///     }
public final class MetricsRegistry: Sendable {
    private enum Metric: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
        case computed(@Sendable () -> Double)

        var type: StaticString {
            switch self {
            case .counter: "counter"
            case .gauge, .computed: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    private struct Family: Sendable {
        var help: String
        /// By labels as they are written; in the order in which they were made, and all of one type.
        var metrics: [(labels: String, metric: Metric)] = []
    }

    private struct State: Sendable {
        var families: [String: Family] = [:]
        var order: [String] = []
    }

    private let state = Mutex(State())
    private let log = Logger(label: "metrics")

    /// An empty registry.
    public init() {}

    /// The counter of that name and those labels. Where the name is taken by another kind of metric, the error is logged
    /// and a counter given that nobody sees.
    public func counter(_ name: String, help: String = "", labels: [(String, String)] = []) -> Counter {
        let new = Counter()
        guard case .counter(let counter) = find(name, help, labels, .counter(new)) else { return new }
        return counter
    }

    /// The gauge of that name and those labels; as with counters where the name is taken.
    public func gauge(_ name: String, help: String = "", labels: [(String, String)] = []) -> Gauge {
        let new = Gauge()
        guard case .gauge(let gauge) = find(name, help, labels, .gauge(new)) else { return new }
        return gauge
    }

    /// A gauge whose value is asked for when it is shown, in place of one of that name and those labels. From any thread,
    /// so what it asks must allow that.
    public func gauge(
        _ name: String, help: String = "", labels: [(String, String)] = [], _ value: @escaping @Sendable () -> Double
    ) {
        _ = find(name, help, labels, .computed(value))
    }

    /// The histogram of that name and those labels; as with counters where the name is taken.
    public func histogram(
        _ name: String, help: String = "", labels: [(String, String)] = [], bounds: [Double] = Histogram.seconds
    ) -> Histogram {
        let new = Histogram(bounds: bounds)
        guard case .histogram(let histogram) = find(name, help, labels, .histogram(new)) else { return new }
        return histogram
    }

    /// The metric that has the name and the labels, or the given one, which has them from now on; nil where they are taken
    /// by one of another kind.
    private func find(_ name: String, _ help: String, _ labels: [(String, String)], _ new: Metric) -> Metric? {
        let name = Self.name(name, colons: true)
        let labels = Self.text(of: labels)
        let found = state.withLock { state -> Metric? in
            var family = state.families[name] ?? Family(help: help)
            if let first = family.metrics.first?.metric, "\(first.type)" != "\(new.type)" { return nil }
            if state.families[name] == nil { state.order.append(name) }
            defer { state.families[name] = family }
            guard let place = family.metrics.firstIndex(where: { $0.labels == labels }) else {
                family.metrics.append((labels, new))
                return new
            }
            if case .computed = new { family.metrics[place].metric = new }
            return family.metrics[place].metric
        }
        if found == nil { log.error("a metric's name is taken by one of another kind", metadata: ["metric": name]) }
        return found
    }

    /// The name with underscores for what Prometheus does not take in it.
    private static func name(_ name: String, colons: Bool) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            let isLetter = scalar.isASCII && scalar.properties.isAlphabetic || scalar == "_" || colons && scalar == ":"
            let isDigit = ("0"..."9").contains(scalar)
            if isDigit, result.isEmpty { result += "_" }
            result.unicodeScalars.append(isLetter || isDigit ? scalar : "_")
        }
        return result.isEmpty ? "_" : result
    }

    private static func text(of labels: [(String, String)]) -> String {
        labels.map { label, value in "\(name(label, colons: false))=\"\(escaped(value, quotes: true))\"" }
            .joined(separator: ",")
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    // MARK: Showing

    /// The media type of what `writePrometheus` writes.
    public static let contentType: StaticString = "text/plain; version=0.0.4; charset=utf-8"

    /// Writes all metrics in Prometheus' text format, version 0.0.4.
    public func writePrometheus(into writer: inout ByteWriter) {
        let state = state.withLock { $0 }
        for name in state.order {
            guard let family = state.families[name], let first = family.metrics.first else { continue }
            if !family.help.isEmpty {
                writer.write("# HELP \(name) \(Self.escaped(family.help, quotes: false))\n")
            }
            writer.write("# TYPE \(name) \(first.metric.type)\n")
            for (labels, metric) in family.metrics {
                switch metric {
                case .counter(let counter): Self.write(name, labels, "\(counter.value)", into: &writer)
                case .gauge(let gauge): Self.write(name, labels, Self.text(of: gauge.value), into: &writer)
                case .computed(let value): Self.write(name, labels, Self.text(of: value()), into: &writer)
                case .histogram(let histogram): Self.write(name, labels, histogram, into: &writer)
                }
            }
        }
    }

    private static func write(_ name: String, _ labels: String, _ value: String, into writer: inout ByteWriter) {
        writer.write(name)
        if !labels.isEmpty { writer.write("{\(labels)}") }
        writer.write(" \(value)\n")
    }

    private static func write(_ name: String, _ labels: String, _ histogram: Histogram, into writer: inout ByteWriter) {
        let (counts, sum) = histogram.snapshot
        let prefix = labels.isEmpty ? "" : labels + ","
        var total = 0
        for (index, count) in counts.enumerated() {
            total += count
            let bound = index < histogram.bounds.count ? text(of: histogram.bounds[index]) : "+Inf"
            write(name + "_bucket", "\(prefix)le=\"\(bound)\"", "\(total)", into: &writer)
        }
        write(name + "_sum", labels, text(of: sum), into: &writer)
        write(name + "_count", labels, "\(total)", into: &writer)
    }

    private static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
