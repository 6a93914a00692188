import Testing
import Transport

@testable import KafkaClient

@Suite("What is said of a partition that stalls")
struct StallReporterTests {
    private let start = Deadline.now

    @Test("twice may be chance; the third time in a row is told, and again every thirty seconds")
    func tells() {
        var stall = StallReporter()
        let told = (0..<70).compactMap { second -> [Int]? in
            stall.stalled(at: start + .seconds(second)).map { [second, $0] }
        }
        #expect(told == [[2, 3], [32, 33], [62, 63]])
    }

    @Test("what goes on in between begins anew, and is not told more often")
    func goesOn() {
        var stall = StallReporter()
        #expect(stall.stalled(at: start) == nil)
        #expect(stall.stalled(at: start) == nil)
        stall.moved()
        #expect(stall.stalled(at: start) == nil)
        #expect(stall.stalled(at: start) == nil)
        #expect(stall.stalled(at: start) == 3)
        stall.moved()
        for _ in 0..<10 { #expect(stall.stalled(at: start + .seconds(29)) == nil) }
        #expect(stall.stalled(at: start + .seconds(30)) == 11)
    }
}
