import Bytes
import Events
import TestSupport
import Testing

@testable import EventStore

@Suite struct PageCursorTests {
    static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ ")
    static let owner = ByteSlice(utf8: "/events")

    @Test func aCursorMeansThePlaceThatItWasMadeOf() {
        var random = SeededRandom(1)
        for _ in 0..<1000 {
            let place = EventPlace(
                createdAt: Timestamp(milliseconds: Int64.random(in: .min ... .max, using: &random)),
                id: EventID(high: random.next(), low: random.next()))
            let text = PageCursor.text(of: place, owner: Self.owner)
            #expect(PageCursor.eventPlace(text, owner: Self.owner) == place)
        }
        for length in 0..<200 {
            let place = ConversationPlace(
                asOf: Timestamp(milliseconds: 7), lastEventAt: Timestamp(milliseconds: -7),
                conversationID: String((0..<length).map { _ in "aé\0😀".randomElement(using: &random) ?? "b" }))
            let text = PageCursor.text(of: place, owner: Self.owner)
            #expect(PageCursor.conversationPlace(text, owner: Self.owner) == place)
        }
    }

    @Test func anyChangedCharacterIsNoticed() {
        let event = PageCursor.text(
            of: EventPlace(createdAt: Timestamp(milliseconds: 1_767_962_096_789), id: EventID(high: 1, low: 2)),
            owner: Self.owner)
        for changed in Self.damaged(event) { #expect(PageCursor.eventPlace(changed, owner: Self.owner) == nil) }
        for conversation in ["", "c", "cc", "ccc", "a longer one"] {
            let text = PageCursor.text(
                of: ConversationPlace(
                    asOf: Timestamp(milliseconds: 2), lastEventAt: Timestamp(milliseconds: 1),
                    conversationID: conversation),
                owner: Self.owner)
            for changed in Self.damaged(text) {
                #expect(PageCursor.conversationPlace(changed, owner: Self.owner) == nil)
            }
        }
    }

    /// Every text with one character changed, left out or put in, with two swapped, and each beginning.
    static func damaged(_ text: String) -> Set<String> {
        let whole = Array(text)
        var damaged: Set<String> = []
        for index in whole.indices {
            for character in alphabet {
                var changed = whole
                changed[index] = character
                damaged.insert(String(changed))
                changed = whole
                changed.insert(character, at: index)
                damaged.insert(String(changed))
            }
            var shorter = whole
            shorter.remove(at: index)
            damaged.insert(String(shorter))
            damaged.insert(String(whole[..<index]))
            var swapped = whole
            swapped.swapAt(index, whole.count - 1)
            damaged.insert(String(swapped))
        }
        return damaged.subtracting([text])
    }

    @Test func aCursorOfSomethingElseIsNone() {
        let place = EventPlace(createdAt: Timestamp(milliseconds: 5), id: EventID(high: 1, low: 2))
        let text = PageCursor.text(of: place, owner: Self.owner)
        for other in ["", "/events/", "/event", "/conversations", "\0/events"] {
            #expect(PageCursor.eventPlace(text, owner: ByteSlice(utf8: other)) == nil)
        }
        #expect(PageCursor.conversationPlace(text, owner: Self.owner) == nil)
    }

    @Test func filtersHaveOneFingerprintEach() {
        var filters: [EventFilter] = [EventFilter()]
        func add(_ change: (inout EventFilter) -> Void) {
            var filter = EventFilter()
            change(&filter)
            filters.append(filter)
        }
        add { $0.conversationID = "a" }
        add { $0.conversationID = "" }
        add { $0.eventNames = ["a"] }
        add { $0.eventNames = ["a", "b"] }
        add { $0.eventNames = ["ab"] }
        add { $0.hasError = true }
        add { $0.hasError = false }
        add { $0.minimumLatency = 1 }
        add { $0.maximumLatency = 1 }
        add { $0.from = Timestamp(milliseconds: 1) }
        add { $0.to = Timestamp(milliseconds: 1) }
        add { $0.words = ["a", "b"] }
        add { $0.words = ["ab"] }
        add { $0.metadata = [.init(path: ["a", "b"], value: "c")] }
        add { $0.metadata = [.init(path: ["a"], value: "c")] }
        add { $0.metadata = [.init(path: ["a.b"], value: "c")] }
        add { $0.metadata = [.init(path: ["a"], value: "c"), .init(path: ["b"], value: "c")] }
        #expect(Set(filters.map(\.fingerprint)).count == filters.count)
        var (one, two) = (EventFilter(), EventFilter())
        for name in 0..<20 { one.eventNames.insert("\(name)") }
        for name in (0..<20).reversed() { two.eventNames.insert("\(name)") }
        #expect(one.fingerprint == two.fingerprint)
    }
}
