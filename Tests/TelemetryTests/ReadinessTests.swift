import Bytes
import TestSupport
import Testing

@testable import Telemetry

@Suite struct ReadinessTests {
    private func json(_ report: ReadinessReport) -> String {
        var writer = ByteWriter()
        report.writeJSON(into: &writer)
        return writer.finish().description
    }

    @Test func `what nobody has looked at is not ready`() {
        let readiness = Readiness("kafka", "clickhouse")
        #expect(!readiness.isReady)
        #expect(readiness.snapshot.dependencies.map(\.name) == ["clickhouse", "kafka"])
        #expect(readiness.snapshot.dependencies.map(\.problem?.text) == ["not checked yet", "not checked yet"])
        readiness.set("kafka", problem: nil)
        #expect(!readiness.isReady)
        readiness.set("clickhouse", problem: nil)
        #expect(readiness.isReady)
        readiness.set("schema", problem: "version 3 is missing")
        #expect(!readiness.isReady)
        #expect(readiness.snapshot.dependencies.map(\.name) == ["clickhouse", "kafka", "schema"])
    }

    @Test func `a problem counts from its first mention until it has passed`() {
        var report = ReadinessReport(["kafka"], at: 1000)
        func since() -> Int64? { report.dependencies[0].problem?.since }
        #expect(since() == 1000)
        report.set("kafka", problem: "refused", at: 2000)
        report.set("kafka", problem: "timed out", at: 3000)
        #expect(since() == 1000)
        #expect(report.dependencies[0].problem?.text == "timed out")
        report.set("kafka", problem: nil, at: 4000)
        #expect(since() == nil)
        report.set("kafka", problem: "refused", at: 5000)
        report.set("kafka", problem: "refused", at: 6000)
        #expect(since() == 5000)
    }

    @Test func `its JSON names each dependency, and all that is wrong on one line`() {
        var report = ReadinessReport(["kafka", "clickhouse", "schema"], at: 1_767_960_000_123)
        report.set("kafka", problem: nil, at: 0)
        report.set("clickhouse", problem: "said \"no\"\nthen closed", at: 0)
        #expect(
            json(report) == #"{"success":false,"error":"not ready: clickhouse: said \"no\" then closed; schema: not "#
                + #"checked yet","data":{"clickhouse":{"ready":false,"problem":"said \"no\" then closed","since":"#
                + #""2026-01-09T12:00:00.123Z"},"kafka":{"ready":true},"schema":{"ready":false,"problem":"not checked "#
                + #"yet","since":"2026-01-09T12:00:00.123Z"}}}"#)
        report.set("clickhouse", problem: nil, at: 0)
        report.set("schema", problem: nil, at: 0)
        #expect(
            json(report) == #"{"success":true,"data":{"clickhouse":{"ready":true},"kafka":{"ready":true},"#
                + #""schema":{"ready":true}}}"#)
    }
}

@Suite struct ReadinessLogTests {
    private func text(_ lines: [ReadinessLog.Line]) -> [String] {
        lines.map { line in
            "\(line.level) \(line.message) \(line.metadata.pairs.map { "\($0.key)=\($0.value)" }.joined(separator: " "))"
        }
    }

    private let refused = "warning not ready dependency=kafka error=refused seconds="

    @Test func `what is missing is said within seconds, and then now and then`() {
        var report = ReadinessReport(["kafka", "clickhouse"], at: 0)
        var log = ReadinessLog()
        report.set("kafka", problem: "refused", at: 900)
        report.set("clickhouse", problem: nil, at: 900)
        #expect(text(log.lines(for: report, at: 2000)) == [])
        #expect(
            text(log.lines(for: report, at: 3000)) == [refused + "3"])
        #expect(text(log.lines(for: report, at: 32_999)) == [])
        #expect(
            text(log.lines(for: report, at: 33_000)) == [refused + "33"])
    }

    @Test func `a problem that changes is said again, but not with each flicker`() {
        var report = ReadinessReport(["kafka"], at: 0)
        var log = ReadinessLog()
        report.set("kafka", problem: "refused", at: 0)
        #expect(log.lines(for: report, at: 3000).count == 1)
        report.set("kafka", problem: "no leader", at: 4000)
        #expect(log.lines(for: report, at: 4000).isEmpty)
        #expect(
            text(log.lines(for: report, at: 8000)) == [refused.replacing("refused", with: "no leader") + "8"])
    }

    @Test func `that it has passed is said where it was said that it stands`() {
        var report = ReadinessReport(["kafka"], at: 0)
        var log = ReadinessLog()
        #expect(log.lines(for: report, at: 3000).count == 1)
        report.set("kafka", problem: nil, at: 10_000)
        #expect(text(log.lines(for: report, at: 10_000)) == ["notice ready again dependency=kafka seconds=10"])
        #expect(log.lines(for: report, at: 11_000).isEmpty)
        // One that nobody heard of passes in silence.
        report.set("kafka", problem: "refused", at: 20_000)
        #expect(log.lines(for: report, at: 20_500).isEmpty)
        report.set("kafka", problem: nil, at: 21_000)
        #expect(log.lines(for: report, at: 22_000).isEmpty)
    }
}

@Suite struct LogThrottleTests {
    @Test func `some lines of a flood are written, and say how many were not`() {
        var throttle = LogThrottle(2, in: 1000)
        #expect((0..<5).map { _ in throttle.take(at: 10) } == [0, 0, nil, nil, nil])
        #expect(throttle.take(at: 1009) == nil)
        #expect((0..<3).map { _ in throttle.take(at: 1010) } == [4, 0, nil])
        // A clock that was set back does not silence the log.
        #expect(throttle.take(at: 0) == 1)
    }

    @Test func `every line is written or counted`() {
        var random = SeededRandom(1)
        var throttle = LogThrottle(3, in: 100)
        var time: Int64 = 0
        var (written, counted, pending) = (0, 0, 0)
        for _ in 0..<10_000 {
            time += Int64.random(in: 0...60, using: &random)
            if let leftOut = throttle.take(at: time) {
                written += 1
                counted += leftOut
                pending = 0
            } else {
                pending += 1
            }
        }
        #expect(written + counted + pending == 10_000)
    }
}
