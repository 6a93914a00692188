import Bytes
import Events
import JSON
import TestSupport
import Testing

@testable import OTLP

/// A message of Protocol Buffers, written down in code.
private struct Message {
    private var content: [UInt8] = []

    private func adding(_ write: (inout ByteWriter) -> Void) -> Message {
        var writer = ByteWriter()
        write(&writer)
        var message = self
        message.content += writer.finish().array
        return message
    }

    func with(_ number: UInt64, _ value: ByteSlice) -> Message {
        adding { writer in
            writer.writeVarint(number << 3 | 2)
            writer.writeVarint(UInt64(value.count))
            writer.write(value)
        }
    }

    func with(_ number: UInt64, _ value: String) -> Message { with(number, ByteSlice(utf8: value)) }
    func with(_ number: UInt64, _ value: Message) -> Message { with(number, value.bytes) }

    func with(_ number: UInt64, varint value: UInt64) -> Message {
        adding { writer in
            writer.writeVarint(number << 3)
            writer.writeVarint(value)
        }
    }

    func with(_ number: UInt64, fixed value: UInt64) -> Message {
        adding { writer in
            writer.writeVarint(number << 3 | 1)
            for byte in 0..<8 { writer.writeByte(UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))) }
        }
    }

    var bytes: ByteSlice { ByteSlice(content) }

    static func text(_ key: String, _ value: String) -> Message {
        Message().with(1, key).with(2, Message().with(1, value))
    }
}

@Suite("Spans as events")
struct SpanTests {
    private static let trace = ByteSlice([UInt8](1...16))
    private static let id = ByteSlice([UInt8](21...28))

    private static var span: Message {
        Message().with(1, trace).with(2, id).with(4, ByteSlice([UInt8](31...38))).with(5, "chat gpt-x")
            .with(7, fixed: 1_767_225_600_000_000_000).with(8, fixed: 1_767_225_600_120_500_000)
            .with(9, .text("gen_ai.conversation.id", "c-1")).with(9, .text("gen_ai.input.messages", "[1]"))
            .with(9, Message().with(1, "gen_ai.usage.input_tokens").with(2, Message().with(3, varint: 12)))
            .with(9, Message().with(1, "ratio").with(2, Message().with(4, fixed: 0.5.bitPattern)))
            .with(9, Message().with(1, "raw").with(2, Message().with(7, ByteSlice([0, 255, 7]))))
            .with(15, Message().with(2, "broke").with(3, varint: 2))
    }

    private static func request(_ span: Message) -> ByteSlice {
        let resource = Message().with(1, .text("service.name", "shop"))
        return Message().with(1, Message().with(1, resource).with(2, Message().with(2, span))).bytes
    }

    private static let json = """
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[
        {"scope":{"name":"x"},"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"15161718191a1b1c",
        "parentSpanId":"1f20212223242526","name":"chat gpt-x","kind":3,"startTimeUnixNano":"1767225600000000000",
        "endTimeUnixNano":1767225600120500000,"attributes":[
        {"key":"gen_ai.conversation.id","value":{"stringValue":"c-1"}},{"key":"gen_ai.input.messages","value":{"stringValue":"[1]"}},
        {"key":"gen_ai.usage.input_tokens","value":{"intValue":"12"}},{"key":"ratio","value":{"doubleValue":0.5}},
        {"key":"raw","value":{"bytesValue":"AP8H"}}],"status":{"code":2,"message":"broke"},"links":[{}],"flags":1}]}]}]}
        """

    private static func events(
        _ body: ByteSlice, _ encoding: SpanRequest.Encoding, all: Bool = false
    ) throws -> [Result<ByteSlice, OTLPError>?] {
        let request = try SpanRequest(body, encoding)
        return try (0..<request.count).map { try request.event(of: $0, all: all) }
    }

    private static func only(_ body: ByteSlice, _ encoding: SpanRequest.Encoding = .protobuf) throws -> String {
        let events = try events(body, encoding)
        #expect(events.count == 1)
        return try #require(events.first ?? nil).get().description
    }

    @Test("a span is the same event in either encoding, and one that can be created")
    func same() throws {
        let event = try Self.only(Self.request(Self.span))
        #expect(event == (try Self.only(ByteSlice(utf8: Self.json), .json)))
        #expect(
            event.contains(
                #""conversation_id":"c-1","event_name":"chat gpt-x","created_at":"2026-01-01T00:00:00.000Z""#))
        #expect(event.contains(#""latency":120.5,"error":"broke","input":"[1]","output":"","#))
        let metadata =
            #"{"gen_ai.usage.input_tokens":12,"ratio":0.5,"raw":"AP8H","service.name":"shop","#
            + #""trace_id":"0102030405060708090a0b0c0d0e0f10","span_id":"15161718191a1b1c","parent_span_id":"1f20212223242526"}"#
        var escaped = ByteWriter()
        escaped.writeJSONString(metadata)
        #expect(event.contains("\"conversation_metadata\":" + escaped.finish().description))
        let now = try #require(Timestamp("2026-02-01T00:00:00Z"))
        let bytes = ByteSlice(utf8: event)
        _ = try EventDraft.create(bytes.span, names: .any, now: now)
    }

    @Test("its conversation is the session where it names none, and the trace where there is none")
    func conversations() throws {
        let bare = Message().with(1, Self.trace).with(2, Self.id).with(5, "x").with(9, .text("gen_ai.system", "y"))
        #expect(try Self.only(Self.request(bare)).contains(#""conversation_id":"0102030405060708090a0b0c0d0e0f10""#))
        let session = bare.with(9, .text("session.id", "s")).with(9, .text("gen_ai.conversation.id", ""))
        #expect(try Self.only(Self.request(session)).contains(#""conversation_id":"s""#))
    }

    @Test("what older instrumentation sends as events is what went in and came out")
    func older() throws {
        func event(_ name: String, _ attributes: Message...) -> Message {
            attributes.reduce(Message().with(2, name)) { $0.with(3, $1) }
        }
        let bare = Message().with(1, Self.trace).with(2, Self.id).with(5, "x").with(9, .text("gen_ai.system", "y"))
        let parts = bare.with(11, event("gen_ai.user.message", .text("content", "why?")))
            .with(11, event("gen_ai.choice", .text("message", "so")))
        let said = try Self.only(Self.request(parts))
        #expect(said.contains(#""input":"[{\"role\":\"user\",\"content\":\"why?\"}]""#), "\(said)")
        #expect(said.contains(#""output":"[{\"message\":\"so\"}]""#))
        let content = parts.with(11, event("gen_ai.content.prompt", .text("gen_ai.prompt", "P")))
            .with(11, event("gen_ai.content.completion", .text("gen_ai.completion", "C")))
        #expect(try Self.only(Self.request(content)).contains(#""input":"P","output":"C""#))
        let attributes = content.with(9, .text("gen_ai.prompt", "A"))
        #expect(try Self.only(Self.request(attributes)).contains(#""input":"A","output":"C""#))
        let details = attributes.with(
            11, event("gen_ai.client.inference.operation.details", .text("gen_ai.input.messages", "D")))
        #expect(try Self.only(Self.request(details)).contains(#""input":"D","output":"C""#))
        #expect(
            try Self.only(Self.request(details.with(9, .text("gen_ai.input.messages", "N")))).contains(#""input":"N""#))
    }

    @Test("spans of other things count where all do; ids that are none are refused")
    func counting() throws {
        let other = Message().with(1, Self.trace).with(2, Self.id).with(5, "GET /")
        #expect(try Self.events(Self.request(other), .protobuf)[0] == nil)
        #expect(try Self.events(Self.request(other), .protobuf, all: true)[0] != nil)
        for broken in [
            Message().with(1, Self.id).with(2, Self.id), Message().with(1, Self.trace).with(2, ByteSlice([0, 0])),
        ] {
            let event = try Self.events(Self.request(broken), .protobuf, all: true)[0]
            #expect(throws: OTLPError.self) { try event?.get() }
        }
    }

    @Test("an error without a message is its type, and without that an error")
    func errors() throws {
        let bare = Message().with(1, Self.trace).with(2, Self.id).with(5, "x").with(9, .text("gen_ai.system", "y"))
            .with(15, Message().with(3, varint: 2))
        #expect(try Self.only(Self.request(bare)).contains(#""error":"error""#))
        #expect(try Self.only(Self.request(bare.with(9, .text("error.type", "429")))).contains(#""error":"429""#))
    }

    @Test("whatever a peer sends, it is read or refused", arguments: 0..<40)
    func damaged(seed: UInt64) {
        var random = SeededRandom(seed)
        for (whole, encoding) in [
            (Self.request(Self.span), SpanRequest.Encoding.protobuf), (ByteSlice(utf8: Self.json), .json),
        ] {
            for end in 0..<whole.count where seed == 0 { _ = try? Self.events(whole.prefix(end), encoding, all: true) }
            for _ in 0..<200 {
                var bytes = whole.array
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                _ = try? Self.events(ByteSlice(bytes), encoding, all: true)
            }
        }
        var nested = Message().with(1, "x")
        for _ in 0..<100 { nested = Message().with(5, Message().with(1, nested)) }
        let deep = Self.span.with(9, Message().with(1, "deep").with(2, nested))
        #expect(throws: OTLPError.self) { try Self.events(Self.request(deep), .protobuf) }
    }

    @Test("base64 comes out as it went in")
    func base64() {
        for count in 0..<70 {
            let bytes = ByteSlice((0..<count).map { UInt8($0 * 37 & 255) })
            let text = Base64.encode(bytes)
            #expect(text.count == (count + 2) / 3 * 4)
            #expect(Base64.decode(text) == bytes)
        }
        for wrong in ["A", "A===", "AA*A", "=", "===="] {
            #expect(Base64.decode(ByteSlice(utf8: wrong)) == nil, "\(wrong)")
        }
    }
}
