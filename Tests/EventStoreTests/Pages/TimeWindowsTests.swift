import Events
import TestSupport
import Testing

@testable import EventStore

@Suite struct TimeWindowsTests {
    private static func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    @Test func theNewestMonthsComeFirstAndEachWindowHoldsMore() throws {
        let months: [(month: UInt64, rows: UInt64)] = [
            (202411, 50), (202412, 9), (202501, 20), (202502, 30), (202512, 8), (202601, 2),
        ]
        let windows = TimeWindows.newestFirst(months, rows: 10)
        #expect(
            windows == [
                try Self.time("2025-12-01T00:00:00Z")..<Self.time("2026-02-01T00:00:00Z"),
                try Self.time("2025-01-01T00:00:00Z")..<Self.time("2025-03-01T00:00:00Z"),
                try Self.time("2024-11-01T00:00:00Z")..<Self.time("2025-01-01T00:00:00Z"),
            ])
        #expect(TimeWindows.newestFirst([], rows: 10).isEmpty)
    }

    @Test func spansAreCutWhereAWindowHoldsEnough() {
        func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }
        let spans = [(time(0)...time(99), UInt64(5)), (time(200)...time(299), 100), (time(300)...time(309), 4)]
        #expect(
            TimeWindows.newestFirst(spans, within: time(-5)..<time(1_000), rows: 10) == [
                time(294)..<time(310), time(254)..<time(294), time(0)..<time(254),
            ])
        // Only what is asked for counts.
        #expect(
            TimeWindows.newestFirst(spans, within: time(50)..<time(290), rows: 10) == [
                time(280)..<time(290), time(240)..<time(280), time(50)..<time(240),
            ])
        #expect(TimeWindows.newestFirst(spans, within: time(100)..<time(200), rows: 10).isEmpty)
        #expect(TimeWindows.newestFirst([], within: time(0)..<time(1), rows: 10).isEmpty)
    }

    @Test func everyMomentOfASpanIsInOneWindow() {
        for seed in 0..<200 {
            var random = SeededRandom(UInt64(seed))
            var spans: [(span: ClosedRange<Timestamp>, rows: UInt64)] = []
            var at: Int64 = 0
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                at += Int64.random(in: 1...20, using: &random)
                let last = at + Int64.random(in: 0...20, using: &random)
                spans.append(
                    (
                        Timestamp(milliseconds: at)...Timestamp(milliseconds: last),
                        UInt64.random(in: 1...90, using: &random)
                    ))
                at = last
            }
            let range =
                Timestamp(milliseconds: Int64.random(in: -5...100, using: &random))..<Timestamp(milliseconds: 200)
            let windows = TimeWindows.newestFirst(spans, within: range, rows: 7)
            for (left, right) in zip(windows, windows.dropFirst()) { #expect(left.lowerBound >= right.upperBound) }
            for moment in -5...210 {
                let time = Timestamp(milliseconds: Int64(moment))
                guard range.contains(time), spans.contains(where: { $0.span.contains(time) }) else { continue }
                #expect(windows.count { $0.contains(time) } == 1)
            }
        }
    }

    @Test func daysAreTakenTogetherUntilAWindowIsFull() throws {
        // 2026-01-09 is day 46,029 since 1900-01-01.
        let windows = TimeWindows.oldestFirst([(46_029, 4), (46_030, 6), (46_031, 1), (46_040, 99)], rows: 10)
        #expect(
            windows == [
                try Self.time("2026-01-09T00:00:00Z")..<Self.time("2026-01-11T00:00:00Z"),
                try Self.time("2026-01-11T00:00:00Z")..<Self.time("2026-01-12T00:00:00Z"),
                try Self.time("2026-01-20T00:00:00Z")..<Self.time("2026-01-21T00:00:00Z"),
            ])
        #expect(TimeWindows.oldestFirst([], rows: 10).isEmpty)
    }

    @Test func everyMonthAndDayIsInOneWindowInOrder() {
        for seed in 0..<200 {
            var random = SeededRandom(UInt64(seed))
            let count = Int.random(in: 1...40, using: &random)
            let numbers = Set((0..<count).map { _ in UInt64.random(in: 0..<4_800, using: &random) }).sorted()
            let months = numbers.map { number in
                (month: (1900 + number / 12) * 100 + number % 12 + 1, rows: UInt64.random(in: 1...50, using: &random))
            }
            let newest = TimeWindows.newestFirst(months, rows: 20)
            #expect(newest == newest.sorted { $0.lowerBound > $1.lowerBound })
            for (left, right) in zip(newest, newest.dropFirst()) { #expect(left.lowerBound >= right.upperBound) }
            for month in months {
                let middle = Timestamp(
                    "\(month.month / 100)-\(month.month % 100 < 10 ? "0" : "")\(month.month % 100)-15T00:00:00Z")
                #expect(newest.count { range in middle.map(range.contains) ?? false } == 1)
            }
            let days = numbers.map { (day: $0 * 30, rows: UInt64.random(in: 1...50, using: &random)) }
            let oldest = TimeWindows.oldestFirst(days, rows: 100)
            for (left, right) in zip(oldest, oldest.dropFirst()) { #expect(left.upperBound <= right.lowerBound) }
            for (day, _) in days {
                let noon = Timestamp(
                    milliseconds: Timestamp.storable.lowerBound.milliseconds + Int64(day) * 86_400_000 + 43_200_000)
                #expect(oldest.count { $0.contains(noon) } == 1)
            }
        }
    }
}
