import Bytes
import Events
import Testing
import Transport

@testable import EventStore

/// Somebody who reads an event, and what became of it.
private final class Reader {
    let id: EventID
    /// What was stored when the read began.
    let wanted: Int
    var hasLeft = false
    var seen: Int?

    init(_ id: EventID, wanted: Int) {
        self.id = id
        self.wanted = wanted
    }
}

private func group(_ group: ReadQueue<Reader>.Group?) throws -> ReadQueue<Reader>.Group { try #require(group) }

private func check(_ group: ReadQueue<Reader>.Group?, _ ids: [EventID]?) { #expect(group?.ids == ids) }

private func id(_ number: Int) -> EventID { EventID(high: 0, low: UInt64(number)) }

@Suite("Who waits for which event")
struct ReadQueueTests {
    private let start = Deadline.now

    @Test("the first reader is served at once, the others together when it has its answer")
    func groups() throws {
        var queue = ReadQueue<Reader>()
        check(queue.next(at: start), nil)
        queue.want(id(1), Reader(id(1), wanted: 0))
        let first = try group(queue.next(at: start))
        #expect(first.ids == [id(1)])
        for number in [2, 3, 2, 1] { queue.want(id(number), Reader(id(number), wanted: 0)) }
        check(queue.next(at: start), nil)
        let told = queue.finish(first, at: start)
        #expect(told.flatMap(\.waiters).count == 1)
        let second = try group(queue.next(at: start))
        #expect(second.ids == [id(2), id(3), id(1)])
        let others = queue.finish(second, at: start)
        #expect(others.map(\.waiters.count) == [2, 1, 1])
        #expect(queue.isEmpty)
    }

    @Test("those who were answered together are waited for a moment, so that they go together again")
    func lingers() throws {
        var queue = ReadQueue<Reader>()
        for number in 1...3 { queue.want(id(number), Reader(id(number), wanted: 0)) }
        let whole = try group(queue.next(at: start))
        _ = queue.finish(whole, at: start)
        for number in 4...5 { queue.want(id(number), Reader(id(number), wanted: 0)) }
        check(queue.next(at: start), nil)
        #expect(queue.nextDeadline == start.advanced(by: .milliseconds(2)))
        queue.want(id(6), Reader(id(6), wanted: 0))
        let again = try group(queue.next(at: start))
        #expect(again.ids == [id(4), id(5), id(6)])
        _ = queue.finish(again, at: start)
        queue.want(id(7), Reader(id(7), wanted: 0))
        check(queue.next(at: start), nil)
        check(queue.next(at: start.advanced(by: .milliseconds(2))), [id(7)])
    }

    @Test("a query that takes long keeps the others waiting for the patience's time alone")
    func patience() throws {
        var queue = ReadQueue<Reader>()
        queue.want(id(1), Reader(id(1), wanted: 0))
        _ = try group(queue.next(at: start))
        #expect(queue.nextDeadline == .never)
        queue.want(id(2), Reader(id(2), wanted: 0))
        let due = start.advanced(by: .milliseconds(20))
        #expect(queue.nextDeadline == due)
        check(queue.next(at: start.advanced(by: .milliseconds(19))), nil)
        check(queue.next(at: due), [id(2)])
    }

    @Test("a group that is too large is asked for in halves, each before those who came later")
    func divides() throws {
        var queue = ReadQueue<Reader>()
        for number in 1...5 { queue.want(id(number), Reader(id(number), wanted: 0)) }
        let whole = try group(queue.next(at: start))
        queue.want(id(9), Reader(id(9), wanted: 0))
        var asked: [[EventID]] = []
        let isDivided = queue.divide(whole)
        #expect(isDivided)
        while let part = queue.next(at: start) {
            asked.append(part.ids)
            if part.ids.count > 1, part.ids.contains(id(3)) {
                let isDivided = queue.divide(part)
                #expect(isDivided)
            } else {
                let isDivided = part.ids.count == 1 && queue.divide(part)
                #expect(!isDivided)
                _ = queue.finish(part, at: start.advanced(by: .seconds(-1)))
            }
        }
        #expect(asked == [[id(1), id(2)], [id(3), id(4), id(5)], [id(3)], [id(4), id(5)], [id(9)]])
        #expect(queue.isEmpty)
    }

    /// Any order of readers that come and leave, of writes, of queries that are sent, answered and divided: everybody who
    /// stays is told once, of what was stored when the read began or later; nobody is told who has left before the query.
    @Test("thousands of histories", arguments: 0..<2_000)
    func histories(_ seed: Int) {
        var random = SystemRandomNumberGenerator()
        _ = seed
        var limits = ReadQueue<Reader>.Limits()
        limits.groupSize = Int.random(in: 1...4, using: &random)
        limits.running = Int.random(in: 1...3, using: &random)
        var queue = ReadQueue<Reader>(limits)
        var now = start
        var stored: [EventID: Int] = [:]
        var readers: [Reader] = []
        /// The queries under way, with what they have seen of the store.
        var running: [(group: ReadQueue<Reader>.Group, seen: [EventID: Int])] = []

        func send() {
            while let group = queue.next(at: now) {
                running.append((group, stored))
                #expect(running.count <= limits.running)
                #expect((1...limits.groupSize).contains(group.ids.count))
                #expect(Set(group.ids).count == group.ids.count)
            }
        }
        func answer(_ index: Int) {
            let (group, seen) = running.remove(at: index)
            if group.ids.count > 1, Int.random(in: 0..<4, using: &random) == 0 {
                let isDivided = queue.divide(group)
                #expect(isDivided)
                return
            }
            for (id, waiting) in queue.finish(group, at: now) {
                for reader in waiting {
                    #expect(reader.id == id)
                    #expect(reader.seen == nil)
                    reader.seen = seen[id, default: 0]
                }
            }
        }
        for _ in 0..<60 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...3:
                let wanted = id(Int.random(in: 0..<6, using: &random))
                let reader = Reader(wanted, wanted: stored[wanted, default: 0])
                readers.append(reader)
                queue.want(wanted, reader)
            case 4: stored[id(Int.random(in: 0..<6, using: &random)), default: 0] += 1
            case 5:
                guard let reader = readers.filter({ $0.seen == nil && !$0.hasLeft }).randomElement(using: &random)
                else {
                    break
                }
                reader.hasLeft = true
                queue.leave(reader.id, reader)
            case 6: now = now.advanced(by: .milliseconds(25))
            case 7, 8: if !running.isEmpty { answer(Int.random(in: running.indices, using: &random)) }
            default: send()
            }
        }
        var rounds = 0
        while !queue.isEmpty, rounds < 1_000 {
            rounds += 1
            now = now.advanced(by: .milliseconds(25))
            send()
            if !running.isEmpty { answer(0) }
        }
        #expect(queue.isEmpty)
        for reader in readers where !reader.hasLeft {
            #expect((reader.seen ?? -1) >= reader.wanted)
        }
    }
}
