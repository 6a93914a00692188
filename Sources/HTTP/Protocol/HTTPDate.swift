public import Bytes

/// The date as HTTP writes it (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
public enum HTTPDate {
    /// Writes the date.
    ///
    /// - Parameter seconds: Seconds since 1970, UTC.
    public static func write(_ seconds: Int64, into writer: inout ByteWriter) {
        let days = Int(seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400)
        let time = Int(seconds) - days * 86_400
        // Years begin in March here, so that the leap day is the last one (H. Hinnant, “chrono-compatible low-level
        // date algorithms”).
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        // 1970 began on a Thursday.
        let weekday = ((days + 4) % 7 + 7) % 7

        writer.write(literal: weekdays[weekday])
        writer.write(literal: ", ")
        writer.writeTwoDigits(day)
        writer.write(literal: months[month - 1])
        writer.writeTwoDigits(year / 100 % 100)
        writer.writeTwoDigits(year % 100)
        writer.write(literal: " ")
        writer.writeTwoDigits(time / 3_600)
        writer.write(literal: ":")
        writer.writeTwoDigits(time / 60 % 60)
        writer.write(literal: ":")
        writer.writeTwoDigits(time % 60)
        writer.write(literal: " GMT")
    }

    private static let weekdays: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months: [StaticString] = [
        " Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ", " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec ",
    ]
}

extension ByteWriter {
    fileprivate mutating func writeTwoDigits(_ value: Int) {
        writeByte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10))
        writeByte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
    }
}
