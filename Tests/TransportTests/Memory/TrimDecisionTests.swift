import Testing

@testable import Transport

@Suite struct TrimDecisionTests {
    private static let megabyte = 1 << 20

    /// A decision that can be asked within an expectation.
    private final class Kept {
        private var decision = TrimDecision(loops: 1)

        func shouldTrim(free: Int, resident: Int) -> Bool { decision.shouldTrim(free: free, resident: resident) }

        func trimmed(free: Int, resident: Int) { decision.trimmed(free: free, resident: resident) }
    }

    /// Looks once a second, with the share of the time that two loops worked in the second before.
    private final class Clock {
        var decision = TrimDecision(loops: 2)
        private var now = Deadline(nanoseconds: 0)
        private var busy = Duration.zero

        init() { _ = decision.look(at: now, busy: busy) }

        func second(working share: Double) -> Bool {
            now = now.advanced(by: .seconds(1))
            busy += .seconds(2) * share
            return decision.look(at: now, busy: busy)
        }
    }

    @Test func nothingIsAskedWhileTheLoopsAreBusy() {
        let clock = Clock()
        for _ in 0..<100 { #expect(clock.second(working: 0.5) == false) }
        // One quiet second may be a breath between two others.
        #expect(clock.second(working: 0.01) == false)
        #expect(clock.second(working: 0.9) == false)
        #expect(clock.second(working: 0.01) == false)
        #expect(clock.second(working: 0.01) == true)
    }

    @Test func nothingIsAskedAgainWhereNothingWasDone() {
        let clock = Clock()
        _ = clock.second(working: 1)
        #expect(clock.second(working: 0) == false)
        #expect(clock.second(working: 0) == true)
        for _ in 0..<100 { #expect(clock.second(working: 0) == false) }
        #expect(clock.second(working: 0.01) == true)
    }

    @Test func littleIsNotWorthIt() {
        let decision = Kept()
        #expect(decision.shouldTrim(free: 3 * Self.megabyte, resident: 100 * Self.megabyte) == false)
        #expect(decision.shouldTrim(free: 4 * Self.megabyte, resident: 100 * Self.megabyte) == true)
    }

    @Test func whatWasGivenBackIsNotGivenBackAgain() {
        let decision = Kept()
        #expect(decision.shouldTrim(free: 100 * Self.megabyte, resident: 130 * Self.megabyte) == true)
        // The heap still counts it as free.
        decision.trimmed(free: 100 * Self.megabyte, resident: 30 * Self.megabyte)
        #expect(decision.shouldTrim(free: 100 * Self.megabyte, resident: 30 * Self.megabyte) == false)
        #expect(decision.shouldTrim(free: 101 * Self.megabyte, resident: 33 * Self.megabyte) == false)
        // It was used, and is free once more.
        #expect(decision.shouldTrim(free: 100 * Self.megabyte, resident: 60 * Self.megabyte) == true)
    }

    @Test func whatBecomesFreeLaterIsGivenBackThen() {
        let decision = Kept()
        // Trimmed while ten thousand connections were still there.
        decision.trimmed(free: 10 * Self.megabyte, resident: 150 * Self.megabyte)
        #expect(decision.shouldTrim(free: 120 * Self.megabyte, resident: 150 * Self.megabyte) == true)
        decision.trimmed(free: 120 * Self.megabyte, resident: 40 * Self.megabyte)
        // They come again, and go again.
        _ = decision.shouldTrim(free: 10 * Self.megabyte, resident: 150 * Self.megabyte)
        #expect(decision.shouldTrim(free: 120 * Self.megabyte, resident: 150 * Self.megabyte) == true)
    }
}
