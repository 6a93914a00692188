public import Bytes

/// A span, as far as an event is made of it (opentelemetry/proto/trace/v1: Span).
struct Span: Sendable {
    /// 16 bytes.
    var traceID = ByteSlice.empty
    /// 8 bytes.
    var spanID = ByteSlice.empty
    /// 8 bytes; empty where it has no parent.
    var parentSpanID = ByteSlice.empty
    var name = ByteSlice.empty
    /// In nanoseconds since 1970.
    var start: UInt64 = 0
    var end: UInt64 = 0
    var attributes: [Attribute] = []
    var events: [Event] = []
    var failed = false
    var statusMessage = ByteSlice.empty

    /// Something that happened in it.
    struct Event: Sendable {
        var name = ByteSlice.empty
        var attributes: [Attribute] = []
    }
}

/// Where a request's spans are: found before any is decoded, so that a large one can be gone through bit by bit.
public struct SpanRequest: Sendable {
    /// How the request is written.
    public enum Encoding: Sendable {
        case protobuf, json
    }

    let encoding: Encoding
    /// The services' names, by resource.
    var services: [ByteSlice?] = []
    /// Each span's bytes, and its resource.
    var spans: [(resource: Int, bytes: ByteSlice)] = []

    /// How many spans there are.
    public var count: Int { spans.count }

    /// How many bytes a span has.
    public func size(of index: Int) -> Int { spans[index].bytes.count }

    init(encoding: Encoding) { self.encoding = encoding }

    /// Finds the spans of an ExportTraceServiceRequest.
    ///
    /// - Throws: `OTLPError` where it is none.
    public init(_ body: ByteSlice, _ encoding: Encoding) throws(OTLPError) {
        switch encoding {
        case .protobuf: try self.init(protobuf: body)
        case .json: try self.init(json: body)
        }
    }

    /// Decodes a span, and makes an event of it.
    ///
    /// - Parameter all: Whether spans count that have nothing to do with generative models.
    /// - Returns: what is wrong with it, or the create as JSON; nil where it is none that counts.
    /// - Throws: `OTLPError` where it cannot be decoded: then the whole request cannot.
    public func event(of index: Int, all: Bool) throws(OTLPError) -> Result<ByteSlice, OTLPError>? {
        let (resource, bytes) = spans[index]
        let span =
            switch encoding {
            case .protobuf: try Span(protobuf: bytes)
            case .json: try Span(json: bytes)
            }
        guard all || span.attributes.contains(where: { $0.key.hasPrefix("gen_ai.") }) else { return nil }
        return SpanEvent(span: span, service: services[resource]).json
    }
}
