import Bytes
import Events

/// How a range of time is cut.
enum Interval: String, CaseIterable, Sendable { case minute, hour, day, week, month, none }

/// The intervals of a range by a local clock: where each begins.
struct Intervals: Hashable, Sendable {
    /// In milliseconds since 1970, ascending; the first is not after the range's beginning.
    let starts: [Int64]

    /// The most that there may be.
    static let most = 10_000

    /// Nil where there would be more than `most`.
    init?(_ interval: Interval, from: Timestamp, to: Timestamp, in zone: LocalTime) {
        let first = Self.second(from.milliseconds)
        // The last second that a millisecond of the range lies in.
        let last = Self.second(to.milliseconds - 1)
        let found: [Int64]?
        switch interval {
        case .none:
            starts = [from.milliseconds]
            return
        case .minute: found = Self.clock(60, first, last, zone)
        case .hour: found = Self.clock(3600, first, last, zone)
        case .day: found = Self.dates(first, last, zone, from: { $0 }, next: { $0 + 1 })
        case .week: found = Self.dates(first, last, zone, from: Self.monday, next: { $0 + 7 })
        case .month:
            found = Self.dates(first, last, zone, from: Self.firstOfMonth, next: { Self.firstOfMonth($0 + 31) })
        }
        guard let found else { return nil }
        starts = found.map { $0 * 1000 }
    }

    private static func second(_ milliseconds: Int64) -> Int64 { floorDivide(milliseconds, 1000) }

    private static func floorDivide(_ value: Int64, _ by: Int64) -> Int64 {
        let (quotient, rest) = value.quotientAndRemainder(dividingBy: by)
        return rest < 0 ? quotient - 1 : quotient
    }

    private static func monday(_ day: Int64) -> Int64 { floorDivide(day + 3, 7) * 7 - 3 }

    private static func firstOfMonth(_ day: Int64) -> Int64 { day - CivilDate(daysSince1970: day).day + 1 }

    /// Minutes and hours: they begin anew where the clock changes to a place inside of one.
    private static func clock(_ unit: Int64, _ first: Int64, _ last: Int64, _ zone: LocalTime) -> [Int64]? {
        func start(of second: Int64) -> Int64 {
            let offset = Int64(zone.offset(at: second))
            return floorDivide(second + offset, unit) * unit - offset
        }
        guard (last - first) / unit <= most else { return nil }
        let beginning = start(of: first)
        // A change inside of the first one is where it begins.
        var at = zone.changes(after: beginning, before: first + 1).last ?? beginning
        var starts: [Int64] = []
        while at <= last {
            starts.append(at)
            guard starts.count <= most else { return nil }
            let next = start(of: at) + unit
            at = zone.changes(after: at, before: next).first ?? next
        }
        return starts
    }

    /// Days and what is made of them: they begin at the first moment of their first date.
    private static func dates(
        _ first: Int64, _ last: Int64, _ zone: LocalTime, from: (Int64) -> Int64, next: (Int64) -> Int64
    ) -> [Int64]? {
        var date = from(floorDivide(first + Int64(zone.offset(at: first)), 86_400))
        // Where the clock went back over midnight, the later date has begun already.
        while zone.moment(ofLocal: next(date) * 86_400) <= first { date = next(date) }
        var starts: [Int64] = []
        while true {
            let start = zone.moment(ofLocal: date * 86_400)
            guard start <= last else { return starts }
            // A date that the clock left out has no moment of its own.
            if start == starts.last { starts.removeLast() }
            starts.append(start)
            guard starts.count <= most else { return nil }
            date = next(date)
        }
    }

    /// The index of the interval that a moment lies in, which must not be before the first.
    func index(of milliseconds: Int64) -> Int {
        var (low, high) = (0, starts.count)
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] <= milliseconds { low = middle + 1 } else { high = middle }
        }
        return max(low - 1, 0)
    }

    /// A beginning as RFC 3339 with the clock's offset.
    static func label(_ milliseconds: Int64, in zone: LocalTime) -> String {
        let offset = zone.offset(at: second(milliseconds))
        // RFC 3339 has offsets of whole minutes.
        let minutes = offset / 60
        var writer = ByteWriter(capacity: 32)
        CivilTime(millisecondsSince1970: milliseconds + Int64(minutes) * 60_000).write(into: &writer)
        let text = writer.finish().description
        var time = String(text.dropLast())
        if time.hasSuffix(".000") { time = String(time.dropLast(4)) }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let size = abs(minutes)
        return "\(time)\(minutes < 0 ? "-" : "+")\(two(size / 60)):\(two(size % 60))"
    }
}
