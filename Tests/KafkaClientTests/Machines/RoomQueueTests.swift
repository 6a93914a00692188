import TestSupport
import Testing
import Transport

@testable import KafkaClient

private final class Waiter {
    let bytes: Int
    let number: Int
    init(_ number: Int, _ bytes: Int) {
        self.number = number
        self.bytes = bytes
    }
}

@Suite("Room in a bounded buffer")
struct RoomQueueTests {
    private let start = Deadline.now

    @Test("what is promised counts until it is taken: two rounds do not let in more than fits")
    func promises() {
        var room = RoomQueue<Waiter>(limit: 100)
        room.took(100)
        let waiters = (0..<3).map { Waiter($0, 60) }
        for waiter in waiters { room.wait(waiter, for: waiter.bytes, until: .never) }
        room.gaveBack(50)
        #expect(room.admit().isEmpty)
        room.gaveBack(50)
        #expect(room.admit().map(\.number) == [0])
        #expect(room.admit().isEmpty, "the first has not taken its bytes yet")
        room.took(60)
        room.done(waiters[0])
        #expect(room.admit().isEmpty)
        room.gaveBack(60)
        #expect(room.admit().map(\.number) == [1])
        room.done(waiters[1])
        #expect(room.admit().map(\.number) == [2], "the second took nothing")
    }

    @Test("what is larger than the buffer comes alone")
    func larger() {
        var room = RoomQueue<Waiter>(limit: 100)
        #expect(room.hasRoom(for: 500))
        room.took(1)
        #expect(!room.hasRoom(for: 500))
        let waiter = Waiter(0, 500)
        room.wait(waiter, for: 500, until: .never)
        #expect(!room.hasRoom(for: 1), "nobody overtakes")
        room.gaveBack(1)
        #expect(room.admit().count == 1)
        #expect(!room.hasRoom(for: 1), "it is promised the whole of it")
    }

    @Test("those who waited for too long make way")
    func expires() {
        var room = RoomQueue<Waiter>(limit: 100)
        room.took(90)
        room.wait(Waiter(0, 50), for: 50, until: start)
        room.wait(Waiter(1, 10), for: 10, until: start + .seconds(1))
        #expect(room.admit().isEmpty)
        #expect(room.expire(at: start).map(\.number) == [0])
        #expect(room.admit().map(\.number) == [1])
    }

    /// A buffer, those who wait for room in it, and what they do, drawn.
    private struct History {
        var room: RoomQueue<Waiter>
        var random: SeededRandom
        var waiting: [Waiter] = []
        var admitted: [Waiter] = []
        var buffered: [Int] = []
        var number = 0

        mutating func admit() {
            for waiter in room.admit() {
                #expect(waiting.first === waiter, "in order")
                waiting.removeAll { $0 === waiter }
                admitted.append(waiter)
            }
        }

        mutating func step() {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4: send(Int.random(in: 1...130, using: &random))
            case 4..<6:
                guard !buffered.isEmpty else { return }
                room.gaveBack(buffered.remove(at: Int.random(in: buffered.indices, using: &random)))
                admit()
            case 6..<9: comeToTurn()
            default: cancel()
            }
        }

        private mutating func send(_ bytes: Int) {
            number += 1
            if room.hasRoom(for: bytes) {
                #expect(waiting.isEmpty)
                room.took(bytes)
                buffered.append(bytes)
            } else {
                let waiter = Waiter(number, bytes)
                waiting.append(waiter)
                room.wait(waiter, for: bytes, until: .never)
            }
        }

        /// One that was admitted takes its bytes, or cannot.
        mutating func comeToTurn() {
            guard !admitted.isEmpty else { return }
            let waiter = admitted.remove(at: Int.random(in: admitted.indices, using: &random))
            if Int.random(in: 0..<3, using: &random) > 0 {
                room.took(waiter.bytes)
                buffered.append(waiter.bytes)
            }
            room.done(waiter)
            admit()
        }

        private mutating func cancel() {
            let all = waiting + admitted
            guard let waiter = all.randomElement(using: &random) else { return }
            waiting.removeAll { $0 === waiter }
            admitted.removeAll { $0 === waiter }
            room.done(waiter)
            admit()
        }
    }

    @Test("whatever happens, the bound holds, and the first in line waits for others' bytes", arguments: 0..<200)
    func histories(_ seed: UInt64) {
        var history = History(room: RoomQueue(limit: 100), random: SeededRandom(seed))
        for _ in 0..<300 {
            history.step()
            let bytes = history.buffered + history.admitted.map(\.bytes)
            let taken = bytes.reduce(0, +)
            #expect(taken <= 100 || bytes.count == 1, "the bound is overrun")
            #expect(history.room.bufferedBytes == history.buffered.reduce(0, +))
            #expect(history.room.waiterCount == history.waiting.count)
            if let first = history.waiting.first {
                #expect(!bytes.isEmpty && taken + first.bytes > 100, "it waits, and nothing will call it")
            }
        }
        // Once all that is buffered is acknowledged, nobody waits any more.
        while !history.waiting.isEmpty || !history.admitted.isEmpty || !history.buffered.isEmpty {
            let before = history.waiting.count + history.admitted.count + history.buffered.count
            if history.admitted.isEmpty, let bytes = history.buffered.popLast() {
                history.room.gaveBack(bytes)
                history.admit()
            }
            history.comeToTurn()
            if let bytes = history.buffered.popLast() {
                history.room.gaveBack(bytes)
                history.admit()
            }
            let after = history.waiting.count + history.admitted.count + history.buffered.count
            guard after < before else { return #expect(Bool(false), "they wait for ever") }
        }
    }
}
