import Testing

@testable import Transport

@Suite("Waits between attempts")
struct BackoffTests {
    @Test("each is twice the last, up to the limit")
    func grows() {
        let backoff = Backoff(first: .milliseconds(100), limit: .seconds(1), jitter: .proportional(0))
        let waits = [1, 2, 3, 4, 5, 6, 1000, .max].map { backoff.delay(attempt: $0) }
        #expect(waits == [100, 200, 400, 800, 1000, 1000, 1000, 1000].map { .milliseconds($0) })
    }

    @Test(
        "jitter keeps to its bounds, and one that makes no sense to the nearest that does",
        arguments: [
            (Backoff.Jitter.proportional(0.2), 80, 120), (.full, 0, 100), (.proportional(-1), 100, 100),
            (.proportional(7), 0, 200), (.proportional(.nan), 100, 100),
        ])
    func strays(_ jitter: Backoff.Jitter, _ least: Int, _ most: Int) {
        let backoff = Backoff(first: .milliseconds(100), jitter: jitter)
        for _ in 0..<1000 {
            let wait = backoff.delay(attempt: 1)
            #expect(wait >= .milliseconds(least) && wait <= .milliseconds(most))
        }
    }

    @Test("no first wait means no waits, whatever the attempt")
    func none() { #expect(Backoff(first: .zero).delay(attempt: .max) == .zero) }

    @Test("a success makes the next failure a first one")
    func succeeds() {
        var attempts = Attempts(Backoff(first: .milliseconds(100), limit: .seconds(1), jitter: .proportional(0)))
        #expect([attempts.failed(), attempts.failed()] == [.milliseconds(100), .milliseconds(200)])
        attempts.succeeded()
        #expect(attempts.failed() == .milliseconds(100))
    }
}
