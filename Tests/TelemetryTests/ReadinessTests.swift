import Bytes
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
