import Bytes
import Events
import HTTP
import Testing

@testable import EventAPI

@Suite struct BatchResultTests {
    private static let id = EventID(high: 0x0189_0a5d_ac96_774b, low: 0xbcce_b302_099a_8057)
    private static let text = #""01890a5d-ac96-774b-bcce-b302099a8057""#

    private static func answer(_ result: BatchResult) -> String {
        let response = result.response()
        guard case .bytes(let body) = response.body else { return "no body" }
        return "\(response.status.code) \(body)"
    }

    @Test func `all good, some good, none good`() {
        var result = BatchResult()
        result.accept(Self.id)
        result.accept(Self.id)
        #expect(
            Self.answer(result) == #"202 {"success":true,"message":"batch queued","data":{"accepted":2,"rejected":0,"#
                + #""ids":[\#(Self.text),\#(Self.text)],"errors":[]}}"#)
        result.refuse(#"latency: is "x""#)
        #expect(
            Self.answer(result)
                == #"207 {"success":true,"message":"batch queued in part","data":{"accepted":2,"rejected":1,"#
                + #""ids":[\#(Self.text),\#(Self.text),null],"errors":[{"index":2,"error":"latency: is \"x\""}]}}"#)
        result = BatchResult()
        result.refuse("a")
        result.refuse("b")
        #expect(
            Self.answer(result)
                == #"400 {"success":false,"error":"none of 2 items is accepted; the first: a","data":{"accepted":0,"#
                + #""rejected":2,"ids":[null,null],"errors":[{"index":0,"error":"a"},{"index":1,"error":"b"}]}}"#)
    }

    @Test func `what is refused after all stands in its place`() {
        var result = BatchResult()
        for index in 0..<6 {
            if index == 3 { result.refuse("3") } else { result.accept(Self.id) }
        }
        for index in [5, 0, 4, 0, 3, 6, -1] { result.refuse(at: index, "late \(index)") }
        #expect(result.accepted == 2)
        #expect(result.rejected == 4)
        let errors = [(0, "late 0"), (3, "3"), (4, "late 4"), (5, "late 5")]
        let text = errors.map { #"{"index":\#($0),"error":"\#($1)"}"# }.joined(separator: ",")
        #expect(
            Self.answer(result).hasSuffix(
                #""ids":[null,\#(Self.text),\#(Self.text),null,null,null],"errors":[\#(text)]}}"#))
    }

    @Test func `messages are short, whatever they quote`() {
        for (unit, count) in [("x", 253), ("é", 252), ("😀", 252), ("e\u{301}", 253)] {
            var result = BatchResult()
            result.refuse(String(repeating: unit, count: 300))
            let answer = Self.answer(result)
            let start = answer.firstRange(of: #""index":0,"error":""#)?.upperBound
            let kept = start.map { answer[$0...].dropLast(#""}]}}"#.count) }
            #expect(kept?.utf8.count == count + 3)
            #expect(kept?.hasSuffix("…") == true)
        }
    }
}

/// What the API says of batches while Kafka is away.
@Suite struct BatchRefusalTests {
    private static let event = #"{"conversation_id":"c","event_name":"event_a"}"#

    @Test func `what cannot be taken at all is refused as a whole`() async throws {
        try await RefusalTests.withAPI { client in
            let cases: [(String, String)] = [
                ("", #"400 {"success":false,"error":"body: holds no items"}"#),
                ("[]", #"400 {"success":false,"error":"body: holds no items"}"#),
                (
                    "[\(Self.event),{]",
                    #"400 {"success":false,"error":"body: a key must be a string in double quotes (at byte 49)"}"#
                ),
                (
                    "[" + String(repeating: "1,", count: 10_000) + "1]",
                    #"413 {"success":false,"error":"body: holds more than 10000 items"}"#
                ),
                (
                    String(repeating: "{}\n", count: 10_001),
                    #"413 {"success":false,"error":"body: holds more than 10000 items"}"#
                ),
                (
                    String(repeating: " ", count: 100_001),
                    #"413 {"success":false,"error":"the body is larger than 100000 bytes"}"#
                ),
                (
                    "x",
                    #"400 {"success":false,"error":"none of 1 items is accepted; the first: item: a JSON value must"#
                ),
                (
                    "[1,{\"x\":\"" + String(repeating: "x", count: 4089) + "\"}]",
                    #"400 {"success":false,"error":"none of 2 items is accepted; the first: item: must be an object, "#
                        + #"not a number","data":{"accepted":0,"rejected":2,"ids":[null,null],"errors":[{"index":0,"#
                        + #""error":"item: must be an object, not a number"},{"index":1,"error":"item: is larger than"#
                ),
                (Self.event, #"503 {"success":false,"error":"Kafka or the topic is not ready: try again"}"#),
                ("{}\n\(Self.event)", #"503 {"success":false,"error":"Kafka or the topic is not ready: try again"}"#),
            ]
            for (body, answer) in cases {
                let response = try await client.send(.post, "/events/batch", body: ByteSlice(utf8: body))
                let got = "\(response.status.code) \(response.body)"
                #expect(got.hasPrefix(answer), "\(body.prefix(80)): \(got.prefix(400))")
                #expect(response.head.headers.first("retry-after")?.utf8 == (response.status.code == 503 ? "1" : nil))
            }
            let other = try await client.send(.get, "/events/batch")
            #expect(other.status == .methodNotAllowed)
            #expect(other.head.headers.first("allow")?.utf8?.contains("POST") == true)
        }
    }
}
