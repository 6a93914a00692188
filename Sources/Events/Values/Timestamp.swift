public import Bytes

/// A moment: milliseconds since 1970 in UTC, written as RFC 3339 with three digits behind the point.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public let milliseconds: Int64

    /// What a `DateTime64(3)` column can hold: the years 1900 to 2299.
    public static let storable: ClosedRange<Timestamp> =
        Timestamp(milliseconds: -2_208_988_800_000)...Timestamp(milliseconds: 10_413_791_999_999)

    /// Makes a timestamp.
    @inlinable
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Whether the left moment comes before the right one.
    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// Reads RFC 3339 in UTC (`Z`, `+00:00` or `-00:00`); digits behind the third one of the fraction are dropped.
    /// Nil for anything else, a day that does not exist, or a leap second.
    public init?(_ text: RawSpan) {
        guard text.byteCount >= 20,
            let year = Self.digits(text, 0, 4), text[4] == UInt8(ascii: "-"),
            let month = Self.digits(text, 5, 2), text[7] == UInt8(ascii: "-"), (1...12).contains(month),
            let day = Self.digits(text, 8, 2), text[10] | 0x20 == UInt8(ascii: "t"),
            let hour = Self.digits(text, 11, 2), text[13] == UInt8(ascii: ":"), hour < 24,
            let minute = Self.digits(text, 14, 2), text[16] == UInt8(ascii: ":"), minute < 60,
            let second = Self.digits(text, 17, 2), second < 60
        else { return nil }
        guard day >= 1, day <= Self.length(ofMonth: month, in: year) else { return nil }
        var index = 19
        var fraction: Int64 = 0
        if text[index] == UInt8(ascii: ".") {
            index += 1
            let start = index
            while index < text.byteCount, case UInt8(ascii: "0")...UInt8(ascii: "9") = text[index] {
                if index < start + 3 { fraction = fraction * 10 + Int64(text[index] &- UInt8(ascii: "0")) }
                index += 1
            }
            guard index > start else { return nil }
            for _ in 0..<max(0, 3 - (index - start)) { fraction *= 10 }
        }
        let zone = text.extracting(index..<text.byteCount)
        guard zone.holds("Z") || zone.holds("z") || zone.holds("+00:00") || zone.holds("-00:00") else { return nil }
        let seconds = ((Self.days(year: year, month: month, day: day) * 24 + hour) * 60 + minute) * 60 + second
        self.init(milliseconds: seconds * 1000 + fraction)
    }

    /// Reads the textual form of a string.
    public init?(_ text: String) {
        let bytes = ByteSlice(utf8: text)
        self.init(bytes.span)
    }

    /// Writes `2026-01-09T12:34:56.789Z`.
    public func write(into writer: inout ByteWriter) {
        let days = Self.floorDivide(milliseconds, 86_400_000)
        var rest = milliseconds - days * 86_400_000
        Self.writeDate(days, into: &writer)
        writer.writeByte(UInt8(ascii: "T"))
        Self.write(rest / 3_600_000, digits: 2, into: &writer)
        rest %= 3_600_000
        writer.writeByte(UInt8(ascii: ":"))
        Self.write(rest / 60_000, digits: 2, into: &writer)
        rest %= 60_000
        writer.writeByte(UInt8(ascii: ":"))
        Self.write(rest / 1000, digits: 2, into: &writer)
        writer.writeByte(UInt8(ascii: "."))
        Self.write(rest % 1000, digits: 3, into: &writer)
        writer.writeByte(UInt8(ascii: "Z"))
    }

    /// Writes the date so many days after 1970-01-01, as `2026-01-09`.
    public static func writeDate(_ days: Int64, into writer: inout ByteWriter) {
        let (year, month, day) = date(days)
        write(year, digits: 4, into: &writer)
        writer.writeByte(UInt8(ascii: "-"))
        write(month, digits: 2, into: &writer)
        writer.writeByte(UInt8(ascii: "-"))
        write(day, digits: 2, into: &writer)
    }

    // MARK: Arithmetic

    private static func write(_ value: Int64, digits: Int, into writer: inout ByteWriter) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            writer.writeByte(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }

    private static func digits(_ text: RawSpan, _ start: Int, _ count: Int) -> Int64? {
        var value: Int64 = 0
        for index in start..<(start + count) {
            guard case UInt8(ascii: "0")...UInt8(ascii: "9") = text[index] else { return nil }
            value = value * 10 + Int64(text[index] &- UInt8(ascii: "0"))
        }
        return value
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
    }

    private static func length(ofMonth month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar, for the years 0 to 9999.
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        // Years start in March here, so that the day that comes and goes is the last one.
        let shifted = month <= 2 ? year - 1 : year
        let era = floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The date so many days after 1970-01-01.
    static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

extension Timestamp: CustomStringConvertible {
    /// The textual form.
    public var description: String {
        var writer = ByteWriter(capacity: 24)
        write(into: &writer)
        return writer.finish().utf8 ?? ""
    }
}
