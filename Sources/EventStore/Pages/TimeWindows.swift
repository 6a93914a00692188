import Bytes
import Events

/// Cuts time into windows that hold so many rows at most, as far as they are known to lie: what has to be read in the
/// order of time is read window by window.
enum TimeWindows {
    /// Months, newest first; each window holds four times as many rows as the one before.
    ///
    /// The newest events of all are among those of the newest months, and most who ask want no more.
    ///
    /// - Parameters:
    ///   - months: The months as 202601, ascending, and the rows in each.
    ///   - rows: How many rows the first window is to hold.
    static func newestFirst(_ months: [(month: UInt64, rows: UInt64)], rows: UInt64) -> [Range<Timestamp>] {
        var windows: [Range<Timestamp>] = []
        var wanted = rows
        var held: UInt64 = 0
        var end: Timestamp?
        for (index, month) in months.enumerated().reversed() {
            guard let span = span(ofMonth: month.month) else { continue }
            if end == nil { end = span.upperBound }
            held += month.rows
            guard held >= wanted || index == 0, let last = end else { continue }
            windows.append(span.lowerBound..<last)
            wanted *= 4
            held = 0
            end = nil
        }
        return windows
    }

    /// Spans of time, newest first, cut where a window holds enough rows, as if they were spread evenly over their span; each
    /// window holds four times as many as the one before.
    ///
    /// - Parameters:
    ///   - spans: Spans that do not overlap, ascending, and the rows in each.
    ///   - range: What is wanted of them.
    ///   - rows: How many rows the first window is to hold.
    static func newestFirst(
        _ spans: [(span: ClosedRange<Timestamp>, rows: UInt64)], within range: Range<Timestamp>, rows: UInt64
    ) -> [Range<Timestamp>] {
        var windows: [Range<Timestamp>] = []
        var wanted = Double(rows)
        var held = 0.0
        var end: Timestamp?
        var first: Timestamp?
        for (span, count) in spans.reversed()
        where span.lowerBound < range.upperBound && span.upperBound >= range.lowerBound {
            let start = max(span.lowerBound, range.lowerBound)
            var last = min(Timestamp(milliseconds: span.upperBound.milliseconds + 1), range.upperBound)
            let length = Double(span.upperBound.milliseconds - span.lowerBound.milliseconds + 1)
            let rate = Double(count) / length
            if end == nil { end = last }
            first = start
            while let upper = end {
                let left = rate * Double(last.milliseconds - start.milliseconds)
                guard held + left >= wanted else {
                    held += left
                    break
                }
                let cut = max(last.milliseconds - Int64(max((wanted - held) / rate, 1)), start.milliseconds)
                windows.append(Timestamp(milliseconds: cut)..<upper)
                (held, wanted) = (0, wanted * 4)
                last = Timestamp(milliseconds: cut)
                // What is older begins with the next span.
                end = last > start ? last : nil
            }
        }
        if let first, let end { windows.append(first..<end) }
        return windows
    }

    /// Days, oldest first: as many to a window as hold so many rows together, at least one.
    ///
    /// - Parameter days: The days since 1900-01-01, ascending, and the rows on each.
    static func oldestFirst(_ days: [(day: UInt64, rows: UInt64)], rows: UInt64) -> [Range<Timestamp>] {
        var windows: [Range<Timestamp>] = []
        var held: UInt64 = 0
        for (day, count) in days {
            let start = Timestamp.storable.lowerBound.milliseconds + Int64(day) * 86_400_000
            let end = Timestamp(milliseconds: start + 86_400_000)
            if let last = windows.last, held + count <= rows {
                windows[windows.count - 1] = last.lowerBound..<end
                held += count
            } else {
                windows.append(Timestamp(milliseconds: start)..<end)
                held = count
            }
        }
        return windows
    }

    private static func span(ofMonth number: UInt64) -> Range<Timestamp>? {
        let (year, month) = (Int64(number / 100), Int64(number % 100))
        let next = month == 12 ? (year + 1, 1) : (year, month + 1)
        guard let first = CivilDate(year: year, month: month, day: 1),
            let end = CivilDate(year: next.0, month: next.1, day: 1)
        else { return nil }
        return Timestamp(
            milliseconds: first.daysSince1970 * 86_400_000)..<Timestamp(milliseconds: end.daysSince1970 * 86_400_000)
    }
}
