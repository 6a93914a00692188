import Bytes
import TestSupport
import Testing

@testable import EventAPI

@Suite("What waits for a reader of live events")
struct LiveQueueTests {
    private func event(_ size: Int) -> ByteSlice { ByteSlice([UInt8](repeating: 65, count: size)) }

    @Test(
        "in any history, what was given and what was dropped is what came, and no more waits than may",
        arguments: 0..<50)
    func histories(seed: UInt64) {
        var random = SeededRandom(seed)
        var queue = LiveQueue()
        var (came, given, dropped) = (0, 0, 0)
        func take() {
            guard let events = queue.take() else { return }
            var bytes = 0
            for event in events {
                if event.description.hasPrefix("event: dropped\ndata: {\"count\":") {
                    dropped += Int(event.description.filter(\.isNumber)) ?? -1
                } else {
                    given += 1
                    bytes += event.count
                }
            }
            #expect(events.count <= LiveQueue.mostEvents + 1)
            #expect(bytes <= LiveQueue.mostBytes)
        }
        for _ in 0..<5_000 {
            if Int.random(in: 0..<1_500, using: &random) == 0 {
                take()
            } else {
                queue.add(event(Int.random(in: 1...8_000, using: &random)))
                came += 1
            }
        }
        take()
        #expect(given + dropped == came)
        let rest = queue.take()
        #expect(rest == nil)
    }

    @Test("a filter takes what meets all of it")
    func filters() {
        let (a, b) = (ByteSlice(utf8: "a"), ByteSlice(utf8: "b"))
        #expect(LiveFilter().takes(name: a, conversationID: b, error: .empty))
        #expect(!LiveFilter(names: [a]).takes(name: b, conversationID: b, error: .empty))
        #expect(!LiveFilter(names: [a], conversationID: a).takes(name: a, conversationID: b, error: .empty))
        #expect(LiveFilter(conversationID: b, hasError: true).takes(name: a, conversationID: b, error: a))
        #expect(!LiveFilter(hasError: true).takes(name: a, conversationID: b, error: .empty))
        #expect(!LiveFilter(hasError: false).takes(name: a, conversationID: b, error: a))
    }
}
