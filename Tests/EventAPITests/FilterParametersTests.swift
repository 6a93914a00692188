import Bytes
import EventStore
import Events
import HTTP
import Testing

@testable import EventAPI

@Suite struct FilterParametersTests {
    private static func filter(_ query: String) throws(HTTPError) -> EventFilter {
        try EventFilter(HTTPQuery(ByteSlice(utf8: query)))
    }

    @Test func everyFilterIsRead() throws {
        let filter = try Self.filter(
            "conversation_id=c%201&event_name=a&event_name=b&event_name=a&error=true&latency_min=0&latency_max=1.5e3"
                + "&from=2026-01-09T12:34:56.789Z&to=2026-01-10T00:00:00Z&q=%20Hello%0A%E3%80%80100%25+_%20&unknown=&unknown="
                + "&metadata.user.id=7&metadata.%60a.b%60=x+y")
        var expected = EventFilter()
        expected.conversationID = "c 1"
        expected.eventNames = ["a", "b"]
        expected.hasError = true
        expected.minimumLatency = 0
        expected.maximumLatency = 1500
        expected.from = Timestamp("2026-01-09T12:34:56.789Z")
        expected.to = Timestamp("2026-01-10T00:00:00Z")
        expected.words = ["Hello", "100%", "_"]
        expected.metadata = [.init(path: ["user", "id"], value: "7"), .init(path: ["a.b"], value: "x y")]
        #expect(filter == expected)
        #expect(try Self.filter("").isEmpty)
        #expect(try Self.filter("limit=5&metadata=x&Error=true&metadatum.a=1").isEmpty)
    }

    @Test(arguments: [
        "conversation_id=", "conversation_id=a&conversation_id=a", "event_name=", "event_name=a&event_name=",
        "event_name",
        "error=", "error=1", "error=TRUE", "error=true&error=true", "latency_min=", "latency_min=x", "latency_min=-1",
        "latency_min=nan", "latency_min=inf", "latency_min=0x10", "latency_min=1e999", "latency_min=1&latency_min=2",
        "latency_max=1,5", "latency_max=", "latency_max=+1", "from=", "from=yesterday", "from=2026-01-09",
        "from=1767962096",
        "from=2026-02-29T00:00:00Z", "from=2026-01-09T24:00:00Z", "from=2026-01-09T12:00:00", "to=",
        "to=2026-01-09T12:00:00Z&to=2026-01-09T12:00:00Z", "q=", "q=+%09", "q=a&q=b", "metadata.=x", "metadata.a=",
        "metadata.a..b=x", "metadata.a.=x", "metadata..a=x", "metadata.%60a=x", "metadata.%60a%60b=x",
        "metadata.a=x&metadata.a=y",
        "metadata.a=x&metadata.%60a%60=y",
    ])
    func aWrongParameterIsNamed(query: String) throws {
        let error = #expect(throws: HTTPError.self) { try Self.filter(query) }
        #expect(error?.status == .badRequest)
        let name = query.prefix { $0 != "=" && $0 != "." }
        #expect(error?.message.hasPrefix(name) == true, "\(error?.message ?? "")")
    }

    @Test func thereAreBounds() {
        func refused(_ query: String) -> String? {
            do throws(HTTPError) {
                _ = try Self.filter(query)
                return nil
            } catch {
                return error.message
            }
        }
        let words = (0..<65).map(String.init)
        #expect(refused("q=" + words.dropLast().joined(separator: "+")) == nil)
        #expect(refused("q=" + words.joined(separator: "+")) == "q must hold at most 64 words")
        #expect(
            refused("metadata." + words.prefix(33).joined(separator: ".") + "=x")?.hasPrefix("metadata.0.1.") == true)
        let conditions = words.prefix(33).map { "metadata.\($0)=x" }.joined(separator: "&")
        #expect(refused(conditions) == "metadata: at most 32 conditions may be given")
    }

    @Test func momentsBetweenMillisecondsAreTheLaterOne() throws {
        let whole = try #require(Timestamp("2026-01-09T12:34:56.789Z"))
        for (text, later) in [
            ("2026-01-09T12:34:56.789Z", 0), ("2026-01-09T12:34:56.789000Z", 0), ("2026-01-09T12:34:56.7890001Z", 1),
        ] {
            #expect(try Self.filter("from=\(text)").from?.milliseconds == whole.milliseconds + Int64(later))
        }
        // An offset's plus is a space unless it is encoded.
        for text in [
            "2026-01-09T14:34:56.789%2B02:00", "2026-01-09T14:34:56.789+02:00", "2026-01-09t07:04:56.789-05:30",
        ] {
            #expect(try Self.filter("to=\(text)").to == whole)
        }
        // Beyond what a column of times holds.
        #expect(try Self.filter("from=0001-01-01T00:00:00Z").from == Timestamp.storable.lowerBound)
        #expect(try Self.filter("to=9999-12-31T00:00:00Z").to == Timestamp.storable.upperBound)
    }

    @Test func pathsAreKeysWithDotsBetween() {
        for (text, path) in [
            ("a", ["a"]), ("a.b.c", ["a", "b", "c"]), ("`a.b`", ["a.b"]), ("`a.b`.c", ["a.b", "c"]),
            ("x.`a.b`", ["x", "a.b"]),
            ("``", [""]), ("```a``b`", ["`a`b"]), ("a`b", ["a`b"]), ("ü. ", ["ü", " "]), ("`a`", ["a"]),
            ("``````", ["``"]),
        ] {
            #expect(EventFilter.path(text[...]) == path, "\(text)")
        }
        for text in ["", ".", "a.", ".a", "a..b", "`", "`a", "`a`b", "`a`.", "```"] {
            #expect(EventFilter.path(text[...]) == nil, "\(text)")
        }
    }
}
