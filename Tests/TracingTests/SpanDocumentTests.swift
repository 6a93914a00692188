import Bytes
import Foundation
import Telemetry
import Testing

@testable import Tracing

@Suite("Spans on their way out")
struct SpanDocumentTests {
    private func span(_ number: Int, failure: String? = nil) throws -> FinishedSpan {
        let context = try #require(
            TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        return FinishedSpan(
            "POST /event \(number)", .server, context: context, parentID: 0x1234,
            milliseconds: 1_700_000_000_123.25...1_700_000_000_124,
            attributes: [.init("http.request.method", .text("POST\"")), .init("n", .number(.min))], failure: failure)
    }

    @Test("the document is OTLP's JSON")
    func document() throws {
        let bytes = SpanDocument.json(
            [try span(1), try span(2, failure: "why \u{1}")], service: "api", version: "1")
        let object = try JSONSerialization.jsonObject(with: Data(bytes.array)) as? [String: Any]
        let resources = try #require(object?["resourceSpans"] as? [[String: Any]])
        let scopes = try #require(resources.first?["scopeSpans"] as? [[String: Any]])
        let spans = try #require(scopes.first?["spans"] as? [[String: Any]])
        #expect(spans.count == 2)
        #expect(spans[0]["traceId"] as? String == "0af7651916cd43dd8448eb211c80319c")
        #expect(spans[0]["spanId"] as? String == "b7ad6b7169203331")
        #expect(spans[0]["parentSpanId"] as? String == "0000000000001234")
        #expect(spans[0]["kind"] as? Int == 2)
        #expect(spans[0]["startTimeUnixNano"] as? String == "1700000000123250000")
        #expect(spans[0]["endTimeUnixNano"] as? String == "1700000000124000000")
        #expect((spans[0]["status"] as? [String: Any])?.isEmpty == true)
        #expect((spans[1]["status"] as? [String: Any])?["code"] as? Int == 2)
        let attributes = try #require(spans[0]["attributes"] as? [[String: Any]])
        #expect((attributes[0]["value"] as? [String: String])?["stringValue"] == "POST\"")
        #expect((attributes[1]["value"] as? [String: String])?["intValue"] == "-9223372036854775808")
    }

    @Test("a full queue drops what comes, and says how much")
    func bounded() throws {
        let queue = SpanQueue(limit: 3)
        for number in 0..<5 { queue.record(try span(number)) }
        let (first, dropped) = queue.take(upTo: 2)
        #expect(first.map(\.name) == ["POST /event 0", "POST /event 1"] && dropped == 2)
        let (rest, none) = queue.take(upTo: 2)
        #expect(rest.map(\.name) == ["POST /event 2"] && none == 0)
    }

    @Test(
        "where the collector is",
        arguments: [
            ("http://collector:4318", "collector:4318", "/v1/traces"), ("http://c", "c:4318", "/v1/traces"),
            ("http://c:1/otel/", "c:1", "/otel/v1/traces"), ("http://[::1]:5", "[::1]:5", "/v1/traces"),
        ])
    func targets(_ text: String, _ endpoint: String, _ path: String) throws {
        let target = try SpanExporter.Target(parsing: text)
        #expect("\(target.endpoint)" == endpoint)
        #expect(target.path == path)
    }

    @Test("what is no such address is refused", arguments: ["", "https://c", "c:4318", "http://", "http://c:x"])
    func refused(_ text: String) {
        #expect(throws: (any Error).self) { try SpanExporter.Target(parsing: text) }
    }
}
