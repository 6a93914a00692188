import Synchronization

/// A piece of work of a trace that somebody records, as it is exported once it is over.
public struct FinishedSpan: Sendable, Hashable {
    /// What part the work has in the trace; the number is that of OTLP's `SpanKind`.
    public enum Kind: Int, Sendable {
        /// It answers a request.
        case server = 2
        /// It handles a message that was sent before.
        case consumer = 5
    }

    /// What is known of the work beside its name.
    public enum Value: Sendable, Hashable {
        case text(String)
        case number(Int64)
    }

    /// An attribute, by the names of OpenTelemetry's semantic conventions.
    public struct Attribute: Sendable, Hashable {
        /// The name.
        public var key: String
        /// The value.
        public var value: Value

        /// Makes an attribute.
        public init(_ key: String, _ value: Value) {
            self.key = key
            self.value = value
        }
    }

    /// The trace, and the span's own id.
    public var context: TraceContext
    /// The id of the span that asked for the work.
    public var parentID: UInt64
    /// What was done: of few values.
    public var name: String
    /// What part the work has.
    public var kind: Kind
    /// When it began and ended, in milliseconds since 1970.
    public var milliseconds: ClosedRange<Double>
    /// What else is known.
    public var attributes: [Attribute]
    /// Why it failed; nil where it did not.
    public var failure: String?

    /// Makes a span.
    public init(
        _ name: String, _ kind: Kind, context: TraceContext, parentID: UInt64, milliseconds: ClosedRange<Double>,
        attributes: [Attribute] = [], failure: String? = nil
    ) {
        self.context = context
        self.parentID = parentID
        self.name = name
        self.kind = kind
        self.milliseconds = milliseconds
        self.attributes = attributes
        self.failure = failure
    }
}

/// Spans that wait to be exported: bounded, and nobody waits for room. What there is no room for is dropped, and counted.
public final class SpanQueue: Sendable {
    private struct State {
        var spans: [FinishedSpan] = []
        var dropped = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    /// Makes an empty queue.
    ///
    /// - Parameter limit: how many spans may wait.
    public init(limit: Int = 4_096) { self.limit = limit }

    /// Takes a span where there is room.
    public func record(_ span: FinishedSpan) {
        state.withLock { state in
            if state.spans.count < limit { state.spans.append(span) } else { state.dropped += 1 }
        }
    }

    /// Takes out the oldest spans, and how many were dropped since the last time.
    public func take(upTo count: Int) -> (spans: [FinishedSpan], dropped: Int) {
        state.withLock { state in
            let taken = Array(state.spans.prefix(count))
            state.spans.removeFirst(taken.count)
            defer { state.dropped = 0 }
            return (taken, state.dropped)
        }
    }
}
