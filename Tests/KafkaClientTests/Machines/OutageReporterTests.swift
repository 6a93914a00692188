import Testing
import Transport

@testable import KafkaClient

@Suite("What is said of an outage")
struct OutageReporterTests {
    private let start = Deadline.now
    private func at(_ seconds: Double) -> Deadline { start.advanced(by: .seconds(seconds)) }
    private let refused = KafkaError(.connection, "connection refused", broker: "a:1", isRetriable: true)

    /// Looks whenever the reporter wants to, until the given second; what it said, and when.
    private func looks(_ reporter: inout OutageReporter, until end: Double) -> [(Duration, OutageReporter.Report)] {
        var said: [(Duration, OutageReporter.Report)] = []
        while let next = reporter.nextLook, next <= at(end) {
            if let report = reporter.look(now: next) { said.append((start.duration(to: next), report)) }
        }
        return said
    }

    @Test("a broker that answers soon: nothing")
    func answers() {
        var reporter = OutageReporter()
        #expect(reporter.nextLook == nil, "nobody was asked: a client that does nothing says nothing")
        reporter.asked("a:1", now: at(0))
        #expect(reporter.answered("a:1", now: at(2.9)) == nil)
        #expect(reporter.nextLook == nil)
        #expect(!reporter.isOutage(now: at(100)))
    }

    @Test("none that answers: once after three seconds, then every thirty, with the brokers tried and the last reason")
    func lasts() {
        var reporter = OutageReporter()
        for second in 0..<3 {
            reporter.asked(second % 2 == 0 ? "a:1" : "b:2", now: at(Double(second)))
            reporter.failed(refused)
        }
        let said = looks(&reporter, until: 70)
        #expect(said.map(\.0) == [.seconds(3), .seconds(33), .seconds(63)])
        #expect(
            said.map(\.1)
                == [3, 33, 63].map {
                    .outage(brokers: ["a:1", "b:2"], reason: "connection refused [a:1]", lasted: .seconds($0))
                })
        #expect(reporter.isOutage(now: at(70)))
    }

    @Test("one that neither refuses nor answers is told of as soon")
    func swallows() {
        var reporter = OutageReporter()
        reporter.asked("a:1", now: at(0))
        #expect(
            looks(&reporter, until: 4).map(\.1) == [
                .outage(brokers: ["a:1"], reason: "no answer yet", lasted: .seconds(3))
            ])
    }

    @Test("the end is told where the beginning was, and the next outage begins anew")
    func ends() {
        var reporter = OutageReporter()
        reporter.asked("a:1", now: at(0))
        reporter.failed(refused)
        #expect(looks(&reporter, until: 10).count == 1)
        #expect(reporter.answered("a:1", now: at(12)) == .over(broker: "a:1", lasted: .seconds(12)))
        #expect(reporter.answered("a:1", now: at(13)) == nil)
        #expect(reporter.lastError == nil)
        reporter.asked("b:2", now: at(20))
        #expect(
            looks(&reporter, until: 30).map(\.1) == [
                .outage(brokers: ["b:2"], reason: "no answer yet", lasted: .seconds(3))
            ])
    }

    @Test("of many brokers it names some")
    func namesSome() {
        var reporter = OutageReporter()
        for broker in 0..<1000 { reporter.asked("\(broker):1", now: at(0)) }
        guard case .outage(let brokers, _, _) = reporter.look(now: at(3)) else {
            Issue.record("nothing was said")
            return
        }
        #expect(brokers.count == OutageReporter.namesLimit)
    }
}
