import Bytes
import Events
import TestSupport

@testable import EventStore

/// Events as they come to be by random creates, updates and deletes, and what a filter picks of them: written without a
/// look at how the queries do it.
struct EventModel {
    var random: SeededRandom
    /// The newest version of each event, deleted ones included.
    private(set) var events: [Event] = []
    private var version: UInt64 = 1 << 48

    init(seed: UInt64) { random = SeededRandom(seed) }

    static let conversations = ["a", "b", "B", "a\"b\n", "ü"]
    static let names = ["event_a", "event_b", "", "näme'"]
    /// Moments in four months, many of them shared.
    static let times: [Int64] =
        [1_767_225_599_999, 1_767_225_600_000, 1_767_962_096_789, 1_770_000_000_000]
        + (0..<6).map { 1_762_000_000_000 + $0 * 1000 }
    /// Texts and what Unicode folds them to.
    static let letters: [(text: String, folded: String)] = [
        ("a", "a"), ("A", "a"), ("b", "b"), ("ß", "ss"), ("ẞ", "ss"), ("s", "s"), ("S", "s"), ("Σ", "σ"), ("σ", "σ"),
        ("ς", "σ"), ("İ", "i\u{307}"), ("I", "i"), ("i", "i"), ("ı", "ı"), ("\u{fb00}", "ff"), ("F", "f"),
        ("\u{212a}", "k"), ("k", "k"), ("É", "é"), ("é", "é"), ("%", "%"), ("_", "_"), ("\\", "\\"), ("'", "'"),
        ("\0", "\0"), ("Ж", "ж"), ("ж", "ж"), ("😀", "😀"),
    ]

    var shown: [Event] { events.filter { !$0.isDeleted } }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }

    mutating func text(upTo length: Int) -> String {
        (0..<Int.random(in: 0...length, using: &random)).map { _ in
            chance(0.2) ? " " : Self.letters[Int.random(in: 0..<Self.letters.count, using: &random)].text
        }
        .joined()
    }

    static func fold(_ text: String) -> [UInt8] {
        text.unicodeScalars.flatMap { scalar in
            Array((letters.first { $0.text.unicodeScalars.elementsEqual([scalar]) }?.folded ?? String(scalar)).utf8)
        }
    }

    // MARK: - What happens

    /// Applies some operations, and gives the rows that they write and the events that are new.
    mutating func operate(_ count: Int) -> (rows: [Event], new: [Event]) {
        var rows: [Event] = []
        var new: [Event] = []
        for _ in 0..<count {
            version += 1
            if events.isEmpty || chance(0.6) {
                let time = Timestamp(milliseconds: pick(Self.times))
                var event = Event(
                    id: EventID(high: random.next(), low: random.next()),
                    conversationID: ByteSlice(utf8: pick(Self.conversations)),
                    createdAt: time, updatedAt: time, isDeleted: false, version: EventVersion(rawValue: version))
                change(&event)
                events.append(event)
                rows.append(event)
                new.append(event)
            } else {
                let index = Int.random(in: 0..<events.count, using: &random)
                if events[index].isDeleted { continue }
                var event = events[index]
                event.version = EventVersion(rawValue: version)
                if chance(0.25) { event.isDeleted = true } else { change(&event) }
                events[index] = event
                rows.append(event)
            }
        }
        return (rows.shuffled(using: &random), new)
    }

    private mutating func change(_ event: inout Event) {
        event.eventName = ByteSlice(utf8: pick(Self.names))
        event.error = ByteSlice(utf8: chance(0.5) ? "" : text(upTo: 3))
        event.latency = pick([0, 0.1, 5, 5.5, 1e9])
        event.input = ByteSlice(utf8: text(upTo: 5))
        event.output = ByteSlice(utf8: text(upTo: 5))
        event.conversationMetadata = ByteSlice(utf8: metadata().text)
    }

    // MARK: - Metadata

    /// A value of JSON, with the text that it is written as.
    indirect enum Value {
        case scalar(json: String, text: String)
        case other(String)
        case object([(String, Value)])

        var text: String {
            switch self {
            case .scalar(let json, _): json
            case .other(let json): json
            case .object(let members):
                "{" + members.map { "\(Self.quoted($0.0)) : \($0.1.text)" }.joined(separator: " ,") + "}"
            }
        }

        static func quoted(_ text: String) -> String {
            var writer = ByteWriter()
            writer.writeByte(UInt8(ascii: "\""))
            for unit in text.utf16 {
                writer.write(literal: "\\u")
                writer.writeHexadecimal(UInt64(unit), digits: 4)
            }
            writer.writeByte(UInt8(ascii: "\""))
            return writer.finish().description
        }

        func value(at path: ArraySlice<String>) -> String? {
            switch self {
            case .scalar(_, let text): path.isEmpty ? text : nil
            case .other: nil
            case .object(let members):
                path.first.flatMap { key in
                    members.first { $0.0 == key }.flatMap { $0.1.value(at: path.dropFirst()) }
                }
            }
        }
    }

    static let keys = ["a", "A", "a.b", "`", "ü"]
    static let scalars: [(json: String, text: String)] = [
        ("\"x\"", "x"), ("\"X\"", "X"), ("\"\\u00fc\\n\"", "ü\n"), ("7", "7"), ("\"7\"", "7"), ("-1.5", "-1.5"),
        ("true", "true"),
        ("false", "false"), ("\"null\"", "null"), ("18446744073709551615", "18446744073709551615"),
    ]

    private var trees: [ByteSlice: Value] = [:]

    private mutating func metadata() -> Value {
        let value: Value =
            chance(0.7)
            ? object(depth: 2) : .other(pick(["", "[{\"a\":\"x\"}]", "\"x\"", "{\"a\":\"x\"", "{} x", "null"]))
        trees[ByteSlice(utf8: value.text)] = value
        return value
    }

    private mutating func object(depth: Int) -> Value {
        .object(
            Self.keys.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random)).map { key in
                if depth > 0, chance(0.4) { return (key, object(depth: depth - 1)) }
                if chance(0.2) { return (key, .other(pick(["null", "[1]", "[\"x\"]"]))) }
                let scalar = pick(Self.scalars)
                return (key, .scalar(json: scalar.json, text: scalar.text))
            })
    }

    // MARK: - What is asked

    mutating func filter() -> EventFilter {
        var filter = EventFilter()
        if chance(0.2) { filter.conversationID = pick(Self.conversations + ["nobody"]) }
        if chance(0.2) { filter.eventNames = Set((0...1).map { _ in pick(Self.names + ["nothing"]) }) }
        if chance(0.2) { filter.hasError = chance(0.5) }
        if chance(0.2) { filter.minimumLatency = pick([0.1, 5, 5.5]) }
        if chance(0.2) { filter.maximumLatency = pick([0, 0.1, 5, 5.5]) }
        if chance(0.2) { filter.from = Timestamp(milliseconds: pick(Self.times) + pick([0, 0, 1])) }
        if chance(0.2) { filter.to = Timestamp(milliseconds: pick(Self.times) + pick([0, 0, 1])) }
        if chance(0.3) {
            filter.words = Set(
                (0...1).map { _ in (pick(Self.letters).text + (chance(0.3) ? pick(Self.letters).text : "")) })
        }
        if chance(0.3) {
            let path = (0...(chance(0.5) ? 1 : 0)).map { _ in pick(Self.keys) }
            filter.metadata = [.init(path: path, value: pick(Self.scalars).text)]
        }
        return filter
    }

    func picks(_ filter: EventFilter, _ event: Event) -> Bool {
        if event.isDeleted { return false }
        if let id = filter.conversationID, ByteSlice(utf8: id) != event.conversationID { return false }
        if !filter.eventNames.isEmpty, !filter.eventNames.contains(event.eventName.description) { return false }
        if let hasError = filter.hasError, hasError == event.error.isEmpty { return false }
        if let least = filter.minimumLatency, event.latency < least { return false }
        if let greatest = filter.maximumLatency, event.latency > greatest { return false }
        if let from = filter.from, event.createdAt < from { return false }
        if let to = filter.to, event.createdAt >= to { return false }
        let texts = [event.input, event.output, event.error].map { Self.fold($0.description) }
        for word in filter.words.map(Self.fold) where !texts.contains(where: { $0.contains(word) }) { return false }
        for condition in filter.metadata {
            let value = trees[event.conversationMetadata]?.value(at: condition.path[...])
            if value != condition.value { return false }
        }
        return true
    }

    /// The ids of the events that a filter picks, oldest first.
    func ids(_ filter: EventFilter) -> [EventID] {
        shown.filter { picks(filter, $0) }.sorted { $0.place < $1.place }.map(\.id)
    }
}

extension Event {
    var place: EventPlace { EventPlace(createdAt: createdAt, id: id) }
}
