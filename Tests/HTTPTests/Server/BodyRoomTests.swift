import Testing
import TestSupport

@testable import HTTP

private final class Body {
    let number: Int
    let bytes: Int

    init(_ number: Int, _ bytes: Int) {
        self.number = number
        self.bytes = bytes
    }
}

@Suite("The memory for large bodies")
struct BodyRoomTests {
    @Test("nobody overtakes those who wait, however small")
    func order() {
        var room = BodyRoom<Body>(limit: 100)
        let first = room.take(80)
        #expect(first)
        let bodies = [Body(0, 60), Body(1, 10)]
        for body in bodies { room.wait(body, for: body.bytes) }
        let small = room.take(10)
        #expect(!small, "others wait")
        #expect(room.admit().isEmpty)
        room.giveBack(80)
        #expect(room.admit().map(\.number) == [0, 1])
        #expect(room.taken == 70)
    }

    @Test("one that is larger than all the memory comes alone")
    func alone() {
        var room = BodyRoom<Body>(limit: 100)
        let first = room.take(1)
        #expect(first)
        room.wait(Body(0, 500), for: 500)
        #expect(room.admit().isEmpty)
        room.giveBack(1)
        #expect(room.admit().map(\.number) == [0])
        let second = room.take(1)
        #expect(!second)
    }

    @Test("whoever gives up lets those behind it pass")
    func leaving() {
        var room = BodyRoom<Body>(limit: 100)
        _ = room.take(50)
        let bodies = [Body(0, 60), Body(1, 50)]
        for body in bodies { room.wait(body, for: body.bytes) }
        #expect(room.admit().isEmpty)
        room.leave(bodies[0])
        #expect(room.admit().map(\.number) == [1])
    }

    @Test("in any history, the bound holds, the order is that of coming, and nobody waits for free memory")
    func histories() {
        var random = SeededRandom(7)
        for _ in 0..<2_000 {
            let limit = Int.random(in: 1...100, using: &random)
            var room = BodyRoom<Body>(limit: limit)
            var inside: [Int: Int] = [:]
            var waiting: [Body] = []
            func check(_ admitted: [Body]) {
                for body in admitted {
                    #expect(body === waiting.first)
                    waiting.removeFirst()
                    inside[body.number] = body.bytes
                }
                let sum = inside.values.reduce(0, +)
                #expect(room.taken == sum)
                #expect(sum <= limit || inside.count == 1)
                if let first = waiting.first { #expect(sum > 0 && sum + first.bytes > limit) }
            }
            for number in 0..<30 {
                switch Int.random(in: 0..<4, using: &random) {
                case 0, 1:
                    let body = Body(number, Int.random(in: 1...120, using: &random))
                    if room.take(body.bytes) {
                        #expect(waiting.isEmpty)
                        inside[number] = body.bytes
                    } else {
                        room.wait(body, for: body.bytes)
                        waiting.append(body)
                    }
                case 2:
                    guard let done = inside.keys.sorted().first, let bytes = inside.removeValue(forKey: done) else {
                        continue
                    }
                    room.giveBack(bytes)
                default:
                    guard let index = waiting.indices.randomElement(using: &random) else { continue }
                    room.leave(waiting.remove(at: index))
                }
                check(room.admit())
            }
        }
    }
}
