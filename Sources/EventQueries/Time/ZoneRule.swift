import Bytes

/// A rule for the clock of all years to come, such as `CET-1CEST,M3.5.0,M10.5.0/3` (POSIX, with RFC 8536's extensions).
struct ZoneRule {
    /// Seconds ahead of UTC in standard time.
    private(set) var standard = 0
    private var summer: (offset: Int, start: Day, end: Day)?

    private enum Day {
        /// The month's n-th such weekday (5: the last), and the second of the local day.
        case weekday(month: Int, week: Int, weekday: Int, second: Int)
        /// The year's day from 1 on, 29 February never counted.
        case julian(Int, second: Int)
        /// The year's day from 0 on.
        case ordinal(Int, second: Int)
    }

    init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        guard Self.skipName(&rest), let offset = Self.time(&rest) else { return nil }
        standard = -offset
        if rest.isEmpty { return }
        guard Self.skipName(&rest) else { return nil }
        var offsetInSummer = standard + 3600
        if rest.first != UInt8(ascii: ",") {
            guard let offset = Self.time(&rest) else { return nil }
            offsetInSummer = -offset
        }
        guard rest.popFirst() == UInt8(ascii: ","), let start = Self.day(&rest),
            rest.popFirst() == UInt8(ascii: ","), let end = Self.day(&rest), rest.isEmpty
        else { return nil }
        summer = (offsetInSummer, start, end)
    }

    /// The moments of changes, ascending, and the offset from each on.
    func changes(years: ClosedRange<Int64>) -> [(time: Int64, offset: Int)] {
        guard let summer else { return [] }
        return years.flatMap { year in
            [
                (Self.local(summer.start, year) - Int64(standard), summer.offset),
                (Self.local(summer.end, year) - Int64(summer.offset), standard),
            ]
        }.sorted { $0.0 < $1.0 }
    }

    private static func local(_ day: Day, _ year: Int64) -> Int64 {
        func first(_ month: Int64) -> Int64 { CivilDate(year: year, month: month, day: 1)?.daysSince1970 ?? 0 }
        switch day {
        case .weekday(let month, let week, let weekday, let second):
            let start = first(Int64(month))
            let length = CivilDate(year: year, month: Int64(month), day: 31) != nil ? 31 : month == 2 ? 28 : 30
            let leap = month == 2 && CivilDate(year: year, month: 2, day: 29) != nil ? 1 : 0
            // 1970-01-01 was a Thursday.
            let firstWeekday = (start % 7 + 11) % 7
            var date = (Int64(weekday) - firstWeekday + 7) % 7 + Int64(week - 1) * 7
            while date >= Int64(length + leap) { date -= 7 }
            return (start + date) * 86_400 + Int64(second)
        case .julian(let number, let second):
            let isLeap = CivilDate(year: year, month: 2, day: 29) != nil
            return (first(1) + Int64(number - 1 + (isLeap && number >= 60 ? 1 : 0))) * 86_400 + Int64(second)
        case .ordinal(let number, let second): return (first(1) + Int64(number)) * 86_400 + Int64(second)
        }
    }

    // MARK: Reading

    private static func skipName(_ rest: inout ArraySlice<UInt8>) -> Bool {
        if rest.first == UInt8(ascii: "<") {
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            rest = rest[(end + 1)...]
            return true
        }
        let name = rest.prefix { (0x41...0x5a).contains($0 & 0xdf) }
        rest = rest.dropFirst(name.count)
        return name.count >= 3
    }

    private static func integer(_ rest: inout ArraySlice<UInt8>) -> Int? {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty, digits.count <= 3 else { return nil }
        rest = rest.dropFirst(digits.count)
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func time(_ rest: inout ArraySlice<UInt8>) -> Int? {
        var sign = 1
        if rest.first == UInt8(ascii: "-") { sign = -1 }
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        guard var seconds = integer(&rest).map({ $0 * 3600 }) else { return nil }
        for unit in [60, 1] where rest.first == UInt8(ascii: ":") {
            rest.removeFirst()
            guard let part = integer(&rest), part < 60 else { return nil }
            seconds += part * unit
        }
        return sign * seconds
    }

    private static func day(_ rest: inout ArraySlice<UInt8>) -> Day? {
        let kind = rest.first
        if kind == UInt8(ascii: "M") || kind == UInt8(ascii: "J") { rest.removeFirst() }
        guard let first = integer(&rest) else { return nil }
        var month: (week: Int, weekday: Int)?
        if kind == UInt8(ascii: "M") {
            guard rest.popFirst() == UInt8(ascii: "."), let week = integer(&rest),
                rest.popFirst() == UInt8(ascii: "."), let weekday = integer(&rest),
                (1...12).contains(first), (1...5).contains(week), (0...6).contains(weekday)
            else { return nil }
            month = (week, weekday)
        }
        var second = 7200
        if rest.first == UInt8(ascii: "/") {
            rest.removeFirst()
            guard let time = time(&rest) else { return nil }
            second = time
        }
        if let month { return .weekday(month: first, week: month.week, weekday: month.weekday, second: second) }
        return kind == UInt8(ascii: "J") ? .julian(first, second: second) : .ordinal(first, second: second)
    }
}
