import Bytes
import Testing

@testable import Events

@Suite struct EventDraftTests {
    static let names = EventNames(["event_a", "event_b", "event_c"])
    static let id = EventID(high: 0x0189_0a5d_ac96_774b, low: 0xbcce_b302_099a_8057)
    static let time = Timestamp(milliseconds: 1_767_962_096_789)

    /// What becomes of a create's body: the Kafka message, or what is wrong.
    static func create(_ body: String, names: EventNames = names) -> String {
        let body = ByteSlice(utf8: body)
        var writer = ByteWriter()
        do throws(EventError) {
            let draft = try EventDraft.create(body.span, names: names, now: time)
            draft.write(of: body.span, id: draft.id ?? id, at: time, into: &writer)
        } catch {
            return error.description
        }
        return writer.finish().utf8 ?? "no text"
    }

    static func update(_ body: String) -> String {
        let body = ByteSlice(utf8: body)
        var writer = ByteWriter()
        do throws(EventError) {
            let draft = try EventDraft.update(body.span, names: names)
            draft.write(of: body.span, id: id, at: time, into: &writer)
        } catch {
            return error.description
        }
        return writer.finish().utf8 ?? "no text"
    }

    static let head =
        #","event_id":"01890a5d-ac96-774b-bcce-b302099a8057","timestamp":"2026-01-09T12:34:56.789Z","data":{"#

    @Test func aCreateHoldsTheWholeEvent() {
        #expect(
            Self.create(#"{"conversation_id":"c","event_name":"event_a"}"#) == #"{"operation":"create""# + Self.head
                + #""id":"01890a5d-ac96-774b-bcce-b302099a8057","conversation_id":"c","conversation_metadata":"","#
                + #""event_name":"event_a","error":"","latency":0,"input":"","output":"","#
                + #""input_embeddings":[],"output_embeddings":[]}}"#)
    }

    @Test func valuesAreCopiedAsTheyStand() {
        let message = Self.create(
            """
            { "output" : "\\u0000 \\ud83d\\ude00 é" , "unknown": {"a": [1, {"b": null}]}, "latency": 12.50e1,
              "conversation_id": "c\\n1", "event_name": "event\\u005fb", "input_embeddings": [1, -2.5e-3, 0.1],
              "error": null, "id": "01890A5D-AC96-774B-BCCE-B302099A8058" }
            """)
        #expect(message.contains(#""output":"\u0000 \ud83d\ude00 é""#))
        #expect(message.contains(#""latency":12.50e1"#))
        #expect(message.contains(#""event_name":"event\u005fb""#))
        #expect(message.contains(#""input_embeddings":[1, -2.5e-3, 0.1]"#))
        #expect(message.contains(#""error":"""#))
        #expect(message.contains(#""event_id":"01890a5d-ac96-774b-bcce-b302099a8058""#))
        #expect(!message.contains("unknown"))
    }

    @Test func anUpdateHoldsWhatChanges() {
        #expect(
            Self.update(#"{"input":"","latency":0,"output_embeddings":[],"error":null,"other":1}"#)
                == #"{"operation":"update""# + Self.head + #""latency":0,"input":"","output_embeddings":[]}}"#)
    }

    @Test func aDeleteHoldsNothing() {
        var writer = ByteWriter()
        EventOperation.writeDelete(Self.id, at: Self.time, into: &writer)
        let text = writer.finish().utf8
        #expect(
            text
                == #"{"operation":"delete","event_id":"01890a5d-ac96-774b-bcce-b302099a8057","timestamp":"2026-01-09T12:34:56.789Z"}"#
        )
    }

    @Test(arguments: [
        ("", "body: no JSON value (at byte 0)"),
        ("[]", "body: must be an object, not an array"),
        ("{}", "conversation_id: is required"),
        (#"{"conversation_id":null,"event_name":"event_a"}"#, "conversation_id: is required"),
        (#"{"conversation_id":"","event_name":"event_a"}"#, "conversation_id: must not be empty"),
        (#"{"conversation_id":7,"event_name":"event_a"}"#, "conversation_id: must be a string, not a number"),
        (#"{"conversation_id":"c"}"#, "event_name: is required"),
        (#"{"conversation_id":"c","event_name":""}"#, "event_name: must not be empty"),
        (#"{"conversation_id":"c","event_name":"x"}"#, "event_name: must be one of event_a, event_b, event_c"),
        (#"{"conversation_id":"c","conversation_id":"d","event_name":"event_a"}"#, "conversation_id: is given twice"),
        (#"{"error":null,"error":null}"#, "error: is given twice"),
        (#"{"conversation_id":"c","\u0065rror":"","error":""}"#, "error: is given twice"),
        (#"{"created_at":1767962096}"#, "created_at: must be a string, not a number"),
        (
            #"{"created_at":"2026-01-09"}"#,
            "created_at: must be a time in RFC 3339, such as 2026-01-09T12:34:56.789Z"
        ),
        (
            #"{"created_at":"2026-01-09T24:00:00Z"}"#,
            "created_at: must be a time in RFC 3339, such as 2026-01-09T12:34:56.789Z"
        ),
        (#"{"created_at":null,"created_at":null}"#, "created_at: is given twice"),
        (#"{"updated_at":1}"#, "updated_at: is set by the server and cannot be given"),
        (#"{"id":"1"}"#, "id: must be a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057"),
        (#"{"id":1}"#, "id: must be a string, not a number"),
        (#"{"latency":"1"}"#, "latency: must be a number, not a string"),
        (#"{"latency":-0.001}"#, "latency: must not be negative"),
        (#"{"latency":1e309}"#, "latency: is too large for a 64-bit float"),
        (#"{"input_embeddings":"x"}"#, "input_embeddings: must be an array, not a string"),
        (#"{"input_embeddings":[1,null]}"#, "input_embeddings[1]: must be a number, not null"),
        (#"{"output_embeddings":[1,3.5e38]}"#, "output_embeddings: element 1 is too large for a 32-bit float"),
        (#"{"input":["a"]}"#, "input: must be a string, not an array"),
        (#"{"input":"a"} x"#, "body: nothing may follow the JSON value (at byte 14)"),
        (#"{"other":{"a":}}"#, "other.a: a JSON value must stand here (at byte 14)"),
    ])
    func refusesACreateAndSaysWhy(body: String, message: String) {
        #expect(Self.create(body) == message)
    }

    @Test(arguments: [
        ("{}", "body: no field to change"), (#"{"error":null,"other":1}"#, "body: no field to change"),
        (#"{"id":"01890a5d-ac96-774b-bcce-b302099a8057","error":"x"}"#, "id: cannot be changed"),
        (#"{"conversation_id":"d"}"#, "conversation_id: cannot be changed"),
        (#"{"created_at":"2026-01-09T12:34:56Z"}"#, "created_at: cannot be changed"),
        (#"{"updated_at":"2026-01-09T12:34:56Z"}"#, "updated_at: is set by the server"),
        (#"{"event_name":""}"#, "event_name: must not be empty"),
        (#"{"event_name":"x"}"#, "event_name: must be one of"),
    ])
    func refusesAnUpdateAndSaysWhy(body: String, message: String) {
        #expect(Self.update(body).hasPrefix(message))
    }

    @Test func `a create may say when the event happened, from 2000 to five minutes from now, to the millisecond`() {
        func create(_ time: String) -> String {
            Self.create(#"{"conversation_id":"c","event_name":"event_a","created_at":\#(time)}"#)
        }
        for (given, kept) in [
            ("2000-01-01T00:00:00Z", "2000-01-01T00:00:00.000Z"),
            ("2000-01-01T05:30:00+05:30", "2000-01-01T00:00:00.000Z"),
            ("2026-01-09t12:34:56.7899z", "2026-01-09T12:34:56.789Z"),
            ("2026-01-09T04:39:56.789999-08:00", "2026-01-09T12:39:56.789Z"),
            (#"2026\u002d01-09T12:34:56Z"#, "2026-01-09T12:34:56.000Z"),
        ] {
            #expect(create("\"\(given)\"").hasSuffix(#","created_at":"\#(kept)"}}"#), "\(given)")
        }
        let outside = "created_at: must lie between 2000-01-01 and five minutes from now"
        for given in [
            "1999-12-31T23:59:59.999Z", "2000-01-01T00:00:00+00:01", "2026-01-09T12:39:56.790Z",
            "2026-01-09T12:39:56.789-00:01", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z",
        ] {
            #expect(create("\"\(given)\"") == outside, "\(given)")
        }
        #expect(!create("null").contains("created_at"))
    }

    @Test func invalidTextIsRefused() {
        for bytes in [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80]] as [[UInt8]] {
            var writer = ByteWriter()
            writer.write(literal: #"{"input":""#)
            writer.write(bytes)
            writer.write(literal: #""}"#)
            let body = writer.finish()
            #expect(throws: EventError.self) { try EventDraft.update(body.span, names: .any) }
        }
        #expect(Self.update(#"{"input":"\ud800"}"#).hasPrefix("input: half a surrogate pair"))
        #expect(Self.update("\u{feff}{}").hasPrefix("body: a byte-order mark"))
    }

    /// Texts of so many bytes, as they stand in JSON: by one byte a letter, by several, and by escapes.
    static func texts(of bytes: Int) -> [String] {
        let rest = String(repeating: "x", count: bytes % 4)
        return [
            String(repeating: "x", count: bytes),
            String(repeating: "😀", count: bytes / 4) + rest,
            String(repeating: #"\ud83d\ude00"#, count: bytes / 4) + rest,
            String(repeating: #"\u0000"#, count: bytes),
        ]
    }

    @Test func `a conversation's id and a name have as many bytes of UTF-8 as they may, to the byte`() {
        func fields(_ conversation: String, _ name: String) -> String {
            #"{"conversation_id":"\#(conversation)","event_name":"\#(name)"}"#
        }
        for text in Self.texts(of: 2048) {
            #expect(Self.create(fields(text, "n"), names: .any).contains(#""conversation_id":"\#(text)""#))
        }
        for text in Self.texts(of: 2049) {
            #expect(
                Self.create(fields(text, "n"), names: .any)
                    == "conversation_id: must be at most 2048 bytes of UTF-8, not 2049")
        }
        for text in Self.texts(of: 256) {
            #expect(Self.create(fields("c", text), names: .any).contains(#""event_name":"\#(text)""#))
        }
        for text in Self.texts(of: 257) {
            #expect(
                Self.create(fields("c", text), names: .any)
                    == "event_name: must be at most 256 bytes of UTF-8, not 257")
            #expect(Self.update(#"{"event_name":"\#(text)"}"#).hasPrefix("event_name: must be at most 256 bytes"))
        }
    }

    @Test func `a list of names holds none that no event can have`() {
        let longest = String(repeating: "é", count: 128)
        #expect(EventNames(list: longest) != nil)
        #expect(EventNames(list: "a,\(longest)x") == nil)
    }

    @Test func anyNameWhereTheListSaysSo() throws {
        let any = try #require(EventNames(list: "*"))
        #expect(Self.create(#"{"conversation_id":"c","event_name":"whatever"}"#, names: any).contains("whatever"))
        let two = try #require(EventNames(list: " a , b,"))
        #expect(two.description == "a, b")
        #expect(EventNames(list: " , ") == nil)
    }
}
