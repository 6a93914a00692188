import Telemetry
import Transport

/// The spans of a batch: one for each of its traces that somebody records, and the one in which its rows are written.
struct BatchTrace {
    private let start = WallClock.microseconds
    private let clock = ContinuousClock.now
    private let parents: [TraceContext]
    private let spans: [TraceContext]

    init(_ batch: OperationBatch) {
        parents = batch.traces
        spans = parents.map { $0.child() }
    }

    /// The span in which rows are written; nil where no message belongs to a trace.
    var context: TraceContext? { spans.first }

    /// The batch was applied.
    func ended(_ queue: SpanQueue?, topic: String, group: String, count: Int) {
        guard let queue else { return }
        let begin = Double(start) / 1000
        let end = max(begin, begin + (ContinuousClock.now - clock) / .milliseconds(1))
        for (span, parent) in zip(spans, parents) where parent.isSampled {
            queue.record(
                FinishedSpan(
                    "process \(topic)", .consumer, context: span, parentID: parent.spanID, milliseconds: begin...end,
                    attributes: [
                        .init("messaging.system", .text("kafka")), .init("messaging.destination.name", .text(topic)),
                        .init("messaging.consumer.group.name", .text(group)),
                        .init("messaging.batch.message_count", .number(Int64(count))),
                    ]))
        }
    }
}
