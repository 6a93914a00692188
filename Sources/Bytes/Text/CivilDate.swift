/// A day of the proleptic Gregorian calendar.
///
/// (Howard Hinnant, “chrono-Compatible Low-Level Date Algorithms”: years begin in March there, so that the day which
/// comes and goes is the last one.)
public struct CivilDate: Hashable, Sendable {
    /// The year.
    public let year: Int64
    /// The month, from 1 on.
    public let month: Int64
    /// The day of the month, from 1 on.
    public let day: Int64

    /// A day of the calendar; nil where there is none of that month and number.
    public init?(year: Int64, month: Int64, day: Int64) {
        guard (1...12).contains(month), day >= 1, day <= Self.length(ofMonth: month, in: year) else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day so many days after 1970-01-01.
    public init(daysSince1970 days: Int64) {
        let shifted = days + 719_468
        let era = Self.floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    }

    /// How many days it is after 1970-01-01.
    public var daysSince1970: Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = Self.floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Writes `2026-01-09`; years from 0 to 9999.
    public func write(into writer: inout ByteWriter) {
        writer.writeDecimal(UInt64(truncatingIfNeeded: year), digits: 4)
        writer.writeByte(UInt8(ascii: "-"))
        writer.writeDecimal(UInt64(truncatingIfNeeded: month), digits: 2)
        writer.writeByte(UInt8(ascii: "-"))
        writer.writeDecimal(UInt64(truncatingIfNeeded: day), digits: 2)
    }

    private static func length(ofMonth month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
    }
}

/// A moment: a day and a time of it, in UTC.
public struct CivilTime: Sendable {
    /// The day.
    public let date: CivilDate
    /// Days from 1970-01-01 to the day.
    public let days: Int64
    /// Milliseconds of the day.
    public let millisecondOfDay: Int64

    /// The moment so many milliseconds after 1970-01-01T00:00:00Z.
    public init(millisecondsSince1970 milliseconds: Int64) {
        // Right shifts and remainders of negative numbers would both go the wrong way.
        let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        days = remainder < 0 ? quotient - 1 : quotient
        millisecondOfDay = remainder < 0 ? remainder + 86_400_000 : remainder
        date = CivilDate(daysSince1970: days)
    }

    /// Writes `12:34:56`.
    public func writeTime(into writer: inout ByteWriter) {
        let seconds = UInt64(millisecondOfDay / 1000)
        writer.writeDecimal(seconds / 3_600, digits: 2)
        writer.writeByte(UInt8(ascii: ":"))
        writer.writeDecimal(seconds / 60 % 60, digits: 2)
        writer.writeByte(UInt8(ascii: ":"))
        writer.writeDecimal(seconds % 60, digits: 2)
    }

    /// Writes `2026-01-09T12:34:56.789Z` (RFC 3339); years from 0 to 9999.
    public func write(into writer: inout ByteWriter) {
        date.write(into: &writer)
        writer.writeByte(UInt8(ascii: "T"))
        writeTime(into: &writer)
        writer.writeByte(UInt8(ascii: "."))
        writer.writeDecimal(UInt64(millisecondOfDay % 1000), digits: 3)
        writer.writeByte(UInt8(ascii: "Z"))
    }
}
