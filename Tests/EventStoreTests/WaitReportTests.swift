import Testing
import Transport

@testable import EventStore

@Suite struct WaitReportTests {
    private let start = Deadline.now

    private func after(_ seconds: Int) -> Deadline { start.advanced(by: .seconds(seconds)) }

    @Test func nothingIsSaidOfAShortWait() {
        var report = WaitReport(.init(), start: start)
        report.fail(EventStoreError(.unavailable, "refused"))
        #expect(report.line(at: after(2)) == nil)
        #expect(report.end(at: after(2)) == nil)
    }

    @Test func withinFiveSecondsItIsSaidThatNothingAnswers() {
        var report = WaitReport(.init(), start: start)
        #expect(report.due <= after(5))
        #expect(
            report.line(at: report.due)
                == .waiting(.seconds(3), .unavailable, reason: "nothing has answered yet"))
    }

    @Test func theNewestReasonIsRepeatedSeldomAndTheEndIsTold() {
        var report = WaitReport(.init(), start: start)
        report.fail(EventStoreError(.unavailable, "refused"))
        report.fail(EventStoreError(.schema, "step 1 is missing"))
        #expect(report.line(at: after(3)) == .waiting(.seconds(3), .schema, reason: "step 1 is missing"))
        #expect(report.line(at: after(4)) == nil)
        #expect(report.due == after(33))
        #expect(report.line(at: after(33)) == .waiting(.seconds(33), .schema, reason: "step 1 is missing"))
        #expect(report.end(at: after(40)) == .over(.seconds(40)))
    }
}
