public import Bytes

/// A moment: milliseconds since 1970 in UTC, written as RFC 3339 with three digits behind the point.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public let milliseconds: Int64

    /// What a `DateTime64(3)` column can hold: the years 1900 to 2299.
    public static let storable: ClosedRange<Timestamp> =
        Timestamp(milliseconds: -2_208_988_800_000)...Timestamp(milliseconds: 10_413_791_999_999)

    /// When a client may say that an event happened, where it is `now`: from 2000-01-01 to five minutes from now, for
    /// clocks that run ahead.
    public static func creatable(now: Timestamp) -> ClosedRange<Timestamp> {
        let first = Timestamp(milliseconds: 946_684_800_000)
        return first...max(first, Timestamp(milliseconds: now.milliseconds + 300_000))
    }

    /// Makes a timestamp.
    @inlinable
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Whether the left moment comes before the right one.
    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// Reads RFC 3339 with any offset; digits behind the third one of the fraction are dropped. Nil for anything else, a
    /// day that does not exist, 24:00, or a leap second.
    public init?(_ text: RawSpan) {
        guard text.byteCount >= 20,
            let year = Self.digits(text, 0, 4), text[4] == UInt8(ascii: "-"),
            let month = Self.digits(text, 5, 2), text[7] == UInt8(ascii: "-"),
            let day = Self.digits(text, 8, 2), text[10] | 0x20 == UInt8(ascii: "t"),
            let hour = Self.digits(text, 11, 2), text[13] == UInt8(ascii: ":"), hour < 24,
            let minute = Self.digits(text, 14, 2), text[16] == UInt8(ascii: ":"), minute < 60,
            let second = Self.digits(text, 17, 2), second < 60,
            let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
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
        guard let offset = Self.offset(text.extracting(index..<text.byteCount)) else { return nil }
        let seconds = ((date.daysSince1970 * 24 + hour) * 60 + minute - offset) * 60 + second
        self.init(milliseconds: seconds * 1000 + fraction)
    }

    /// How many minutes the local time is ahead of UTC: `Z`, or a sign with hours and minutes.
    private static func offset(_ text: RawSpan) -> Int64? {
        if text.byteCount == 1 { return text[0] | 0x20 == UInt8(ascii: "z") ? 0 : nil }
        guard text.byteCount == 6, text[3] == UInt8(ascii: ":"),
            let hours = digits(text, 1, 2), hours < 24, let minutes = digits(text, 4, 2), minutes < 60
        else { return nil }
        switch text[0] {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }

    /// Reads the textual form of a string.
    public init?(_ text: String) {
        let bytes = ByteSlice(utf8: text)
        self.init(bytes.span)
    }

    /// Writes `2026-01-09T12:34:56.789Z`.
    public func write(into writer: inout ByteWriter) {
        CivilTime(millisecondsSince1970: milliseconds).write(into: &writer)
    }

    private static func digits(_ text: RawSpan, _ start: Int, _ count: Int) -> Int64? {
        var value: Int64 = 0
        for index in start..<(start + count) {
            guard case UInt8(ascii: "0")...UInt8(ascii: "9") = text[index] else { return nil }
            value = value * 10 + Int64(text[index] &- UInt8(ascii: "0"))
        }
        return value
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
