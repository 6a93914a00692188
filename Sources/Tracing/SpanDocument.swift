public import Bytes
import JSON
public import Telemetry

/// Spans as OTLP's JSON (`ExportTraceServiceRequest`, OTLP 1.x): ids in hexadecimal, times as text in nanoseconds.
public enum SpanDocument {
    /// Writes spans of one service.
    ///
    /// - Parameters:
    ///   - service: the service's name.
    ///   - version: the program's version.
    public static func json(_ spans: [FinishedSpan], service: String, version: String) -> ByteSlice {
        var writer = ByteWriter(capacity: 256 + 512 * spans.count)
        writer.write(literal: #"{"resourceSpans":[{"resource":{"attributes":["#)
        write(FinishedSpan.Attribute("service.name", .text(service)), into: &writer)
        writer.write(literal: ",")
        write(FinishedSpan.Attribute("service.version", .text(version)), into: &writer)
        writer.write(literal: #"]},"scopeSpans":[{"scope":{"name":"event-analytics"},"spans":["#)
        for (index, span) in spans.enumerated() {
            if index > 0 { writer.write(literal: ",") }
            write(span, into: &writer)
        }
        writer.write(literal: "]}]}]}")
        return writer.finish()
    }

    private static func write(_ span: FinishedSpan, into writer: inout ByteWriter) {
        writer.write(literal: #"{"traceId":""#)
        writer.writeHexadecimal(span.context.traceID.high, digits: 16)
        writer.writeHexadecimal(span.context.traceID.low, digits: 16)
        writer.write(literal: #"","spanId":""#)
        writer.writeHexadecimal(span.context.spanID, digits: 16)
        writer.write(literal: #"","parentSpanId":""#)
        writer.writeHexadecimal(span.parentID, digits: 16)
        writer.write(literal: #"","name":"#)
        writer.writeJSONString(span.name)
        writer.write(literal: #","kind":"#)
        writer.writeDecimal(span.kind.rawValue)
        writer.write(literal: #","flags":"#)
        writer.writeDecimal(span.context.flags)
        writer.write(literal: #","startTimeUnixNano":""#)
        writer.writeDecimal(nanoseconds(span.milliseconds.lowerBound))
        writer.write(literal: #"","endTimeUnixNano":""#)
        writer.writeDecimal(nanoseconds(span.milliseconds.upperBound))
        writer.write(literal: #"","attributes":["#)
        for (index, attribute) in span.attributes.enumerated() {
            if index > 0 { writer.write(literal: ",") }
            write(attribute, into: &writer)
        }
        writer.write(literal: #"],"status":{"#)
        if let failure = span.failure {
            writer.write(literal: #""code":2,"message":"#)
            writer.writeJSONString(failure)
        }
        writer.write(literal: "}}")
    }

    private static func write(_ attribute: FinishedSpan.Attribute, into writer: inout ByteWriter) {
        writer.write(literal: #"{"key":"#)
        writer.writeJSONString(attribute.key)
        switch attribute.value {
        case .text(let text):
            writer.write(literal: #","value":{"stringValue":"#)
            writer.writeJSONString(text)
        case .number(let number):
            // 64-bit numbers are text in protobuf's JSON.
            writer.write(literal: #","value":{"intValue":""#)
            writer.writeDecimal(number)
            writer.write(literal: "\"")
        }
        writer.write(literal: "}}")
    }

    private static func nanoseconds(_ milliseconds: Double) -> UInt64 {
        // Whole milliseconds apart, so that the rest keeps its digits.
        let whole = milliseconds.rounded(.down)
        return UInt64(exactly: whole).map { $0 &* 1_000_000 &+ UInt64((milliseconds - whole) * 1_000_000) } ?? 0
    }
}
