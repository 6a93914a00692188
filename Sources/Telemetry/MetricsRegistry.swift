public import Bytes
import Synchronization

/// The metrics of a process, and their text for Prometheus. Making one takes a lock, using one does not: make them once
/// and keep them. The same name with the same labels gives the same metric again.
///
/// An adapter from swift-metrics is this, in a file of the adopter's:
///
///     extension Counter: @retroactive CounterHandler {
///         public func increment(by amount: Int64) { increment(by: Int(amount)) }
///         public func reset() {}
///     }
///     struct Factory: MetricsFactory {
///         let registry: MetricsRegistry
///         func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
///             registry.counter(label, labels: dimensions)
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
        /// By labels as they are written; in the order in which they were made.
        var metrics: [(labels: String, metric: Metric)] = []
    }

    private struct State: Sendable {
        var families: [String: Family] = [:]
        var order: [String] = []
    }

    private let state = Mutex(State())

    /// An empty registry.
    public init() {}

    /// The counter of that name and those labels.
    public func counter(_ name: String, help: String = "", labels: [(String, String)] = []) -> Counter {
        let metric = find(name, help, labels) { .counter(Counter()) }
        guard case .counter(let counter) = metric else { preconditionFailure("\(name) is a metric of another kind") }
        return counter
    }

    /// The gauge of that name and those labels.
    public func gauge(_ name: String, help: String = "", labels: [(String, String)] = []) -> Gauge {
        let metric = find(name, help, labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = metric else { preconditionFailure("\(name) is a metric of another kind") }
        return gauge
    }

    /// A gauge whose value is asked for when it is shown. From any thread, so what it asks must allow that.
    public func gauge(
        _ name: String, help: String = "", labels: [(String, String)] = [], _ value: @escaping @Sendable () -> Double
    ) {
        _ = find(name, help, labels) { .computed(value) }
    }

    /// The histogram of that name and those labels.
    public func histogram(
        _ name: String, help: String = "", labels: [(String, String)] = [], bounds: [Double] = Histogram.seconds
    ) -> Histogram {
        let metric = find(name, help, labels) { .histogram(Histogram(bounds: bounds)) }
        guard case .histogram(let histogram) = metric else {
            preconditionFailure("\(name) is a metric of another kind")
        }
        return histogram
    }

    private func find(
        _ name: String, _ help: String, _ labels: [(String, String)], _ make: () -> Metric
    ) -> Metric {
        let labels = Self.text(of: labels)
        return state.withLock { state in
            if state.families[name] == nil {
                state.families[name] = Family(help: help)
                state.order.append(name)
            }
            if let found = state.families[name]?.metrics.first(where: { $0.labels == labels }) { return found.metric }
            let metric = make()
            state.families[name]?.metrics.append((labels, metric))
            return metric
        }
    }

    private static func text(of labels: [(String, String)]) -> String {
        labels.map { name, value in
            var escaped = ""
            for character in value.unicodeScalars {
                switch character {
                case "\\": escaped += "\\\\"
                case "\"": escaped += "\\\""
                case "\n": escaped += "\\n"
                default: escaped.unicodeScalars.append(character)
                }
            }
            return "\(name)=\"\(escaped)\""
        }.joined(separator: ",")
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
                writer.write("# HELP \(name) \(family.help.split(separator: "\n").joined(separator: " "))\n")
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
