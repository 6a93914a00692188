import FoundationEssentials
import TestSupport
import Testing
import Transport

@testable import EventClient

private func item(_ size: Int, at time: Deadline) -> BufferState.Item {
    .init(event: NewEvent(conversationID: "c", eventName: "e"), line: pattern(size - 1), time: time)
}

@Suite struct BufferStateTests {
    private func state(events: Int = 10, bytes: Int = 1_000, batch: Int = 4, batchBytes: Int = 100) -> BufferState {
        var configuration = EventBufferConfiguration()
        configuration.maximumEvents = events
        configuration.maximumBytes = bytes
        configuration.interval = .seconds(1)
        return BufferState(configuration, batchEvents: batch, batchBytes: batchBytes)
    }

    private func sent(_ step: BufferState.Step) -> Int? { if case .send(let items) = step { items.count } else { nil } }

    @Test func `sends when a batch is full, or its first event has waited`() {
        let start = Deadline.now
        var state = state()
        for _ in 0..<3 { #expect(state.take(item(10, at: start)) == .taken) }
        guard case .wait(let until) = state.next(now: start) else { return #expect(Bool(false), "sent") }
        #expect(until == start.advanced(by: .seconds(1)))
        #expect(sent(state.next(now: until)) == 3)
        // One batch is on its way at a time.
        for _ in 0..<5 { _ = state.take(item(10, at: start)) }
        #expect(sent(state.next(now: until)) == nil)
        state.settle()
        #expect(sent(state.next(now: start)) == 4)
        state.settle()
        #expect(sent(state.next(now: start)) == nil)
        #expect(state.count == 1 && state.bytes == 10)
    }

    @Test func `bytes fill a batch too`() {
        let start = Deadline.now
        var state = state()
        for size in [60, 60, 300] { _ = state.take(item(size, at: start)) }
        #expect(sent(state.next(now: start)) == 1)
        state.settle()
        #expect(sent(state.next(now: start)) == 1)
        state.settle()
        // One that is larger than a batch goes alone.
        #expect(sent(state.next(now: start)) == 1)
    }

    @Test func `what is full sends at once`() {
        let start = Deadline.now
        var state = state(events: 2)
        _ = state.take(item(10, at: start))
        _ = state.take(item(10, at: start))
        #expect(sent(state.next(now: start)) == nil)
        #expect(state.take(item(10, at: start)) == .full)
        #expect(state.take(item(1_001, at: start)) == .tooLarge)
        #expect(sent(state.next(now: start)) == 2)
        #expect(state.take(item(10, at: start)) == .full)
        state.settle()
        #expect(state.take(item(10, at: start)) == .taken)
    }

    @Test func `closed, it sends what it has and ends`() {
        let start = Deadline.now
        var state = state()
        for _ in 0..<6 { _ = state.take(item(10, at: start)) }
        state.close()
        #expect(state.take(item(10, at: start)) == .closed)
        #expect(sent(state.next(now: start)) == 4)
        state.settle()
        #expect(sent(state.next(now: start)) == 2)
        state.settle()
        guard case .end = state.next(now: start) else { return #expect(Bool(false), "no end") }
    }

    /// Whatever comes in whatever order: bounds hold, each event leaves once and in order, and all leave in the end.
    @Test func `loses and doubles nothing`() {
        for seed in 0..<400 as Range<UInt64> {
            var random = SeededRandom(seed)
            let (events, bytes) = (Int.random(in: 1...20, using: &random), Int.random(in: 50...400, using: &random))
            let (batch, batchBytes) = (Int.random(in: 1...8, using: &random), Int.random(in: 1...150, using: &random))
            var state = state(events: events, bytes: bytes, batch: batch, batchBytes: batchBytes)
            var now = Deadline.now
            var (taken, left): ([UUID], [UUID]) = ([], [])
            var isSending = false
            var marks: [Int] = []
            func check() {
                #expect(state.count <= events && state.bytes <= bytes && state.bytes >= 0)
                #expect(state.takenCount == taken.count && state.settledCount <= left.count)
                #expect(state.count == taken.count - state.settledCount)
            }
            func step() -> Bool {
                switch state.next(now: now) {
                case .send(let items):
                    #expect(!isSending && !items.isEmpty && items.count <= batch)
                    #expect(items.count == 1 || items.reduce(0) { $0 + $1.size } <= batchBytes)
                    left += items.map(\.event.id)
                    isSending = true
                    return true
                case .wait(let until):
                    // A flush is never left waiting for time.
                    if !isSending, let mark = marks.last, mark > state.settledCount { Issue.record("a flush waits") }
                    #expect(until > now)
                    return true
                case .end: return false
                }
            }
            for _ in 0..<200 {
                switch Int.random(in: 0..<10, using: &random) {
                case 0...4:
                    let item = item(Int.random(in: 1...60, using: &random), at: now)
                    if state.take(item) == .taken { taken.append(item.event.id) }
                case 5, 6: _ = step()
                case 7:
                    state.settle()
                    isSending = false
                case 8: now = now.advanced(by: .milliseconds(Int.random(in: 0...600, using: &random)))
                default: if Int.random(in: 0..<5, using: &random) == 0 { marks.append(state.flush()) }
                }
                check()
            }
            if Bool.random(using: &random) {
                state.close()
                while step() {
                    state.settle()
                    isSending = false
                }
            } else {
                state.settle()
                left += state.abandon().map(\.event.id)
                state.settle()
                #expect(!step())
            }
            #expect(left == taken && state.count == 0 && state.bytes == 0 && state.settledCount == taken.count)
        }
    }
}
