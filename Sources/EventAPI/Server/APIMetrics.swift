import Bytes
import Synchronization

/// What the API counts.
final class APIMetrics: Sendable {
    /// A number that goes up.
    final class Count: Sendable {
        private let value = Atomic<Int>(0)
        func increment() { value.add(1, ordering: .relaxed) }
        var current: Int { value.load(ordering: .relaxed) }
    }

    let acceptedWrites = Count()
    let refusedWrites = Count()
    let reads = Count()
    let refusedReads = Count()

    /// Writes Prometheus' text format.
    func write(into writer: inout ByteWriter) {
        let all: [(StaticString, StaticString, Count)] = [
            ("api_writes_accepted_total", "operations that Kafka has acknowledged", acceptedWrites),
            ("api_writes_unavailable_total", "operations refused with 503", refusedWrites),
            ("api_reads_total", "reads answered", reads),
            ("api_reads_unavailable_total", "reads refused with 503", refusedReads),
        ]
        for (name, help, count) in all {
            writer.write("# HELP \(name) \(help)\n# TYPE \(name) counter\n\(name) \(count.current)\n")
        }
    }
}
