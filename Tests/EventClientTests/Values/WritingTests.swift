import Bytes
import Events
import Foundation
import TestSupport
import Testing

@testable import EventClient

@Suite struct WritingTests {
    @Test func `events come back as they were written`() throws {
        var random = SeededRandom(11)
        let texts = ["", "a", "\u{0}\"\\\n\u{7f}", "日本 👩‍👩‍👧", "e\u{301}", String(repeating: "x", count: 3_000)]
        func text() -> String { texts.randomElement(using: &random) ?? "" }
        for _ in 0..<500 {
            var event = NewEvent(conversationID: "c" + text().prefix(100), eventName: "event_a")
            event.input = text()
            event.output = text()
            event.error = text()
            event.conversationMetadata = text()
            event.latency = [0, 1.5, 1e-300, 1e300, 0.1].randomElement(using: &random) ?? 0
            event.inputEmbeddings = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                Float(bitPattern: UInt32.random(in: 0...0x7f7f_ffff, using: &random))
            }
            if Bool.random(using: &random) {
                let milliseconds = Double(Int.random(in: 946_684_800_000...4_000_000_000_000, using: &random))
                event.createdAt = Date(timeIntervalSince1970: milliseconds / 1_000)
            }
            let line = try EventWriting.line(event)
            #expect(!line.array.contains(10) && !line.array.contains(13))
            #expect(try JSONDecoder().decode(NewEvent.self, from: Data(line.array)) == event)
            // Codable says the same.
            let coded = try JSONDecoder().decode(NewEvent.self, from: JSONEncoder().encode(event))
            #expect(coded == event)
        }
    }

    @Test func `the API reads what is written`() throws {
        let event = NewEvent(
            conversationID: "c", eventName: "event_a", input: "in", latency: 2, inputEmbeddings: [0.1],
            createdAt: Date(timeIntervalSince1970: 1_700_000_000.123))
        let line = try EventWriting.line(event)
        let draft = try EventDraft.item(line.span, names: .any, now: Timestamp(milliseconds: 1_800_000_000_000))
        #expect(draft.id == EventID(event.id))
    }

    @Test func `what the API would refuse is found before`() throws {
        func field(_ change: (inout NewEvent) -> Void) -> String? {
            var event = NewEvent(conversationID: "c", eventName: "e")
            change(&event)
            do throws(EventClientError) {
                _ = try EventWriting.line(event)
                return nil
            } catch {
                return error.code == .validation ? error.field : "\(error)"
            }
        }
        #expect(field { _ in } == nil)
        #expect(field { $0.conversationID = "" } == "conversation_id")
        #expect(field { $0.conversationID = String(repeating: "é", count: 1_025) } == "conversation_id")
        #expect(field { $0.eventName = "" } == "event_name")
        #expect(field { $0.eventName = String(repeating: "x", count: 257) } == "event_name")
        for latency in [-1, Double.nan, Double.infinity, -Double.infinity] {
            #expect(field { $0.latency = latency } == "latency")
        }
        #expect(field { $0.inputEmbeddings = [1, .nan] } == "input_embeddings")
        #expect(field { $0.outputEmbeddings = [.infinity] } == "output_embeddings")
        for seconds in [Double.nan, Double.infinity, -Double.infinity, 1e300, -1e300, 0, 946_684_799] {
            #expect(field { $0.createdAt = Date(timeIntervalSince1970: seconds) } == "created_at", "\(seconds)")
        }
        #expect(throws: EventClientError.self) { try EventWriting.body(EventChanges()) }
    }

    @Test func `an update holds what is set, empty values too`() throws {
        let changes = EventChanges(input: "", latency: 0, inputEmbeddings: [])
        #expect(try EventWriting.body(changes).utf8 == #"{"input":"","latency":0,"input_embeddings":[]}"#)
    }

    @Test func `metadata is any value's JSON`() throws {
        struct User: Codable, Equatable { var id: Int, name: String }
        var event = NewEvent(conversationID: "c", eventName: "e")
        try event.setMetadata(User(id: 7, name: "a/b"))
        #expect(event.conversationMetadata == #"{"id":7,"name":"a/b"}"#)
        try event.setMetadata(["k": [1, 2]])
        #expect(event.conversationMetadata == #"{"k":[1,2]}"#)
        #expect(throws: EventClientError.self) { try event.setMetadata(Double.nan) }
    }

    @Test func `ids are UUIDs of version 7, in order`() {
        let ids = (0..<1_000).map { _ in NewEvent.newID() }
        #expect(Set(ids).count == 1_000)
        let texts = ids.map { EventID($0).description }
        #expect(texts == texts.sorted() && texts.allSatisfy { $0.dropFirst(14).first == "7" })
        for id in ids { #expect(EventID(id).uuid == id && id.uuidString.lowercased() == EventID(id).description) }
    }

    @Test func `filters become a query`() throws {
        let filter = EventFilter(
            conversationID: "a b/ü", eventNames: ["x", "y&z"], hasError: false, minimumLatency: 1e-7,
            maximumLatency: 1e21, from: Date(timeIntervalSince1970: 0), to: Date(timeIntervalSince1970: 1.5),
            words: "100% +", metadata: [.init("user", "id", is: "7"), .init("a.b", "c`d", "", is: "ü")])
        var target = Target("/events")
        try filter.write(to: &target)
        #expect(
            target.text == "/events?conversation_id=a%20b%2F%C3%BC&event_name=x&event_name=y%26z&error=false"
                + "&latency_min=1e-07&latency_max=1e%2B21&from=1970-01-01T00%3A00%3A00.000Z"
                + "&to=1970-01-01T00%3A00%3A01.500Z&q=100%25%20%2B&metadata.user.id=7"
                + "&metadata.%60a.b%60.%60c%60%60d%60.%60%60=%C3%BC")
        for filter in [
            EventFilter(conversationID: ""), EventFilter(eventNames: [""]), EventFilter(words: ""),
            EventFilter(minimumLatency: .nan), EventFilter(maximumLatency: -1), EventFilter(from: .distantFuture),
            EventFilter(to: Date(timeIntervalSince1970: .nan)), EventFilter(metadata: [.init(is: "x")]),
        ] {
            var target = Target("/events")
            #expect(throws: EventClientError.self) { try filter.write(to: &target) }
        }
    }

    @Test func `a segment is any text`() {
        #expect(Target("/c", segment: "..").text == "/c/%2E%2E")
        #expect(Target("/c", segment: ".").text == "/c/%2E")
        #expect(Target("/c", segment: "a.b/../é?#%").text == "/c/a.b%2F..%2F%C3%A9%3F%23%25")
    }
}
