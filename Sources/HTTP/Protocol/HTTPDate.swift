public import Bytes

/// The date as HTTP writes it (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
public enum HTTPDate {
    /// Writes the date.
    ///
    /// - Parameter seconds: Seconds since 1970, UTC.
    public static func write(_ seconds: Int64, into writer: inout ByteWriter) {
        let time = CivilTime(millisecondsSince1970: seconds * 1000)
        // 1970 began on a Thursday.
        writer.write(literal: weekdays[Int(((time.days + 4) % 7 + 7) % 7)])
        writer.write(literal: ", ")
        writer.writeDecimal(UInt64(time.date.day), digits: 2)
        writer.write(literal: months[Int(time.date.month) - 1])
        writer.writeDecimal(UInt64(truncatingIfNeeded: time.date.year), digits: 4)
        writer.writeByte(UInt8(ascii: " "))
        time.writeTime(into: &writer)
        writer.write(literal: " GMT")
    }

    private static let weekdays: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months: [StaticString] = [
        " Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ", " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec ",
    ]
}
