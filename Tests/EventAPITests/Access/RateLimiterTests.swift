import TestSupport
import Testing

@testable import EventAPI

@Suite("How many events a client may write")
struct RateLimiterTests {
    @Test("two seconds' worth at once, then as many as the rate allows; each client has its own")
    func bursts() {
        var limiter = RateLimiter(eventsPerSecond: 10)
        for _ in 0..<20 {
            let wait = limiter.take(1, of: "a", at: 0)
            #expect(wait == 0)
        }
        let wait = limiter.take(1, of: "a", at: 0)
        #expect(abs(wait - 0.1) < 1e-9)
        let other = limiter.take(20, of: "b", at: 0)
        #expect(other == 0)
        let later = limiter.take(1, of: "a", at: 0.1)
        #expect(later == 0)
        let again = limiter.take(1, of: "a", at: 0.1)
        #expect(again > 0)
    }

    @Test("what was refused takes nothing")
    func refusals() {
        var limiter = RateLimiter(eventsPerSecond: 10)
        _ = limiter.take(15, of: "a", at: 0)
        for _ in 0..<100 {
            let wait = limiter.take(6, of: "a", at: 0)
            #expect(abs(wait - 0.1) < 1e-9)
        }
        let rest = limiter.take(5, of: "a", at: 0)
        #expect(rest == 0)
    }

    @Test("more than a bucket holds is taken when it is full, and leaves it in debt")
    func debt() {
        var limiter = RateLimiter(eventsPerSecond: 10)
        let first = limiter.take(100, of: "a", at: 0)
        #expect(first == 0)
        let wait = limiter.take(1, of: "a", at: 1)
        #expect(abs(wait - 7.1) < 1e-9)
        let whole = limiter.take(100, of: "a", at: 1)
        #expect(abs(whole - 9) < 1e-9)
        let paid = limiter.take(100, of: "a", at: 10)
        #expect(paid == 0)
    }

    @Test(
        "in any history, what is taken in any span is at most the rate times it, and two seconds' worth",
        arguments: 0..<20)
    func bound(seed: UInt64) {
        var random = SeededRandom(seed)
        var limiter = RateLimiter(eventsPerSecond: 5)
        var now = 0.0
        var taken: [(time: Double, count: Int)] = []
        for _ in 0..<500 {
            now += Double.random(in: 0..<0.5, using: &random)
            let count = Int.random(in: 1...10, using: &random)
            let wait = limiter.take(count, of: "a", at: now)
            if wait == 0 {
                taken.append((now, count))
            } else {
                // Whoever waits as long as it is told gets it.
                now += wait
                let again = limiter.take(count, of: "a", at: now)
                #expect(again == 0)
                taken.append((now, count))
            }
        }
        for (index, first) in taken.enumerated() {
            var sum = 0
            for other in taken[index...] {
                sum += other.count
                #expect(Double(sum) <= 10 + 5 * (other.time - first.time) + 1e-3)
            }
        }
    }

    @Test("it remembers so many clients and no more, first those that are in need of it")
    func clients() {
        var limiter = RateLimiter(eventsPerSecond: 10, maximumClients: 100)
        _ = limiter.take(200, of: "debtor", at: 0)
        for number in 0..<99 { _ = limiter.take(1, of: "\(number)", at: 0) }
        #expect(limiter.clientCount == 100)
        // All but the debtor's are full again.
        _ = limiter.take(1, of: "another", at: 5)
        #expect(limiter.clientCount == 2)
        let wait = limiter.take(1, of: "debtor", at: 5)
        #expect(wait > 0)
        for number in 0..<10_000 { _ = limiter.take(20, of: "new \(number)", at: 5) }
        #expect(limiter.clientCount <= 100)
    }
}
