import FoundationEssentials

/// What an answer's `Retry-After` means: seconds, or a date of HTTP's (RFC 9110, section 10.2.3).
enum RetryAfter {
    static func duration(_ text: String, now: Date) -> Duration? {
        let text = text.trimmingPrefix { $0 == " " }
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return .seconds(Int(text.prefix(9)) ?? 0)
        }
        guard let date = date(text) else { return nil }
        return .seconds(min(max(date.timeIntervalSince(now), 0), 1e9))
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`; the two forms that are obsolete are taken for none.
    private static func date(_ text: Substring) -> Date? {
        let parts = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), let year = Int(parts[3]),
            let month = months.firstIndex(of: String(parts[2])), (1...31).contains(day), (1900...9999).contains(year)
        else { return nil }
        let clock = parts[4].split(separator: ":").map { Int($0) }
        guard clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2],
            (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        var components = DateComponents(year: year, month: month + 1, day: day)
        (components.hour, components.minute, components.second) = (hour, minute, second)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar.date(from: components)
    }
}
