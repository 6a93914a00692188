import Events
import Testing

@testable import EventQueries

@Suite("Intervals by a local clock")
struct IntervalsTests {
    private func labels(_ interval: Interval, _ from: String, _ to: String, _ zone: String) throws -> [String] {
        let zone = try #require(LocalTime.named(zone))
        let first = try #require(Timestamp(from))
        let end = try #require(Timestamp(to))
        let intervals = try #require(Intervals(interval, from: first, to: end, in: zone))
        return intervals.starts.map { Intervals.label($0, in: zone) }
    }

    @Test("a day on which clocks change has 23 or 25 hours, and an hour that comes twice is two")
    func changes() throws {
        let spring = try labels(.hour, "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", "Europe/Berlin")
        #expect(spring.count == 23)
        #expect(spring[1...2] == ["2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"])
        let autumn = try labels(.hour, "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", "Europe/Berlin")
        #expect(autumn.count == 25)
        #expect(autumn[2...3] == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"])
        let days = try labels(.day, "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", "Europe/Berlin")
        #expect(days == ["2026-03-28T00:00:00+01:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"])
    }

    @Test("hours of a zone that is half an hour off begin at its full hours")
    func half() throws {
        let hours = try labels(.hour, "2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z", "America/St_Johns")
        #expect(
            hours == ["2025-12-31T20:00:00-03:30", "2025-12-31T21:00:00-03:30", "2025-12-31T22:00:00-03:30"])
    }

    @Test("weeks begin on Monday, months on their first day, `none` at the beginning itself")
    func calendar() throws {
        #expect(
            try labels(.week, "2026-01-01T00:00:00Z", "2026-01-12T00:00:00Z", "UTC")
                == ["2025-12-29T00:00:00+00:00", "2026-01-05T00:00:00+00:00"])
        #expect(
            try labels(.month, "2026-01-31T23:30:00Z", "2026-03-01T00:00:00Z", "Europe/Berlin")
                == ["2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00"])
        #expect(
            try labels(.none, "2026-01-31T23:30:00.250Z", "2026-03-01T00:00:00Z", "UTC")
                == ["2026-01-31T23:30:00.250+00:00"])
    }

    @Test("more points than an answer may have are none")
    func many() throws {
        let first = try #require(Timestamp("2026-01-01T00:00:00Z"))
        let enough = Timestamp(milliseconds: first.milliseconds + 10_000 * 60_000)
        #expect(Intervals(.minute, from: first, to: enough, in: .utc)?.starts.count == 10_000)
        #expect(Intervals(.minute, from: first, to: enough.next, in: .utc) == nil)
    }

    @Test("a name is a file of the system's, and no path elsewhere")
    func names() {
        for name in ["../../etc/passwd", "/etc/passwd", "Europe/../../x", "", "europe/berlin", "Mars/Base", "Europe"] {
            #expect(LocalTime.named(name) == nil, "\(name)")
        }
        #expect(LocalTime.named("Etc/GMT+5")?.offset(at: 0) == -18_000)
    }
}
