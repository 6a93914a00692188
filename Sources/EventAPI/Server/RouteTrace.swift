import HTTP
import KafkaProtocol
import Bytes
import Telemetry
import Transport

/// The span of a request whose client says which trace it belongs to (`traceparent`). It goes with the request's operations
/// through Kafka, and is recorded where the client records the trace.
struct RouteTrace {
    let context: TraceContext
    private let parentID: UInt64
    private let name: String
    private let method: String
    private let route: String
    private let start: Int64
    private let clock = ContinuousClock.now
    private let spans: SpanQueue?

    /// Begins a span; nil where the client names no trace.
    init?(_ request: HTTPRequest, _ method: HTTPMethod, _ route: String, _ spans: SpanQueue?) {
        guard let parent = request.head.trace else { return nil }
        context = parent.child()
        parentID = parent.spanID
        self.method = method.description
        self.route = route
        name = "\(method) \(route)"
        start = WallClock.microseconds
        self.spans = parent.isSampled ? spans : nil
    }

    /// The request was answered.
    func ended(_ status: HTTPStatus) {
        guard let spans else { return }
        let begin = Double(start) / 1000
        let end = begin + (ContinuousClock.now - clock) / .milliseconds(1)
        spans.record(
            FinishedSpan(
                name, .server, context: context, parentID: parentID, milliseconds: begin...max(begin, end),
                attributes: [
                    .init("http.request.method", .text(method)), .init("http.route", .text(route)),
                    .init("http.response.status_code", .number(Int64(status.code))),
                ], failure: status.code >= 500 ? "\(status.code)" : nil))
    }
}

extension HTTPRequest {
    /// What goes with the request's operations through Kafka.
    var recordHeaders: [RecordHeader] {
        guard let trace else { return [] }
        return [RecordHeader("traceparent", ByteSlice(utf8: trace.traceparent))]
    }
}
