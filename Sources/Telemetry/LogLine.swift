import Bytes
import Glibc

/// A line of the log, to be written.
struct LogLine {
    var level: LogLevel
    var label: String
    var message: String
    var metadata: [(key: LogKey, value: String)]
    var time = LogTime.now

    /// `2026-01-09T12:00:00.123Z warning kafka.producer: broker lost endpoint=localhost:9092`.
    func writeText(into writer: inout ByteWriter) {
        time.write(into: &writer)
        writer.writeByte(UInt8(ascii: " "))
        writer.write(level.description)
        writer.writeByte(UInt8(ascii: " "))
        writer.write(label)
        writer.write(literal: ": ")
        Self.writePlain(message, into: &writer)
        for (key, value) in metadata {
            writer.writeByte(UInt8(ascii: " "))
            writer.write(key.description)
            writer.writeByte(UInt8(ascii: "="))
            let needsQuotes =
                value.isEmpty || value.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: "\"") || $0 == 0x7F }
            if needsQuotes { Self.writeQuoted(value, into: &writer) } else { writer.write(value) }
        }
        writer.writeByte(UInt8(ascii: "\n"))
    }

    /// One JSON object: `time`, `level`, `logger`, `message`, and the metadata's keys.
    func writeJSON(into writer: inout ByteWriter) {
        writer.write(literal: "{\"time\":\"")
        time.write(into: &writer)
        writer.write(literal: "\",\"level\":\"")
        writer.write(level.description)
        writer.write(literal: "\",\"logger\":")
        Self.writeQuoted(label, into: &writer)
        writer.write(literal: ",\"message\":")
        Self.writeQuoted(message, into: &writer)
        for (key, value) in metadata {
            writer.writeByte(UInt8(ascii: ","))
            Self.writeQuoted(key.description, into: &writer)
            writer.writeByte(UInt8(ascii: ":"))
            Self.writeQuoted(value, into: &writer)
        }
        writer.write(literal: "}\n")
    }

    /// The text on one line, whatever it holds.
    private static func writePlain(_ text: String, into writer: inout ByteWriter) {
        for byte in text.utf8 { writer.writeByte(byte < 0x20 || byte == 0x7F ? UInt8(ascii: " ") : byte) }
    }

    /// A JSON string.
    private static func writeQuoted(_ text: String, into writer: inout ByteWriter) {
        writer.writeByte(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): writer.write(literal: "\\\"")
            case UInt8(ascii: "\\"): writer.write(literal: "\\\\")
            case UInt8(ascii: "\n"): writer.write(literal: "\\n")
            case UInt8(ascii: "\r"): writer.write(literal: "\\r")
            case UInt8(ascii: "\t"): writer.write(literal: "\\t")
            case 0..<0x20, 0x7F:
                let digits: StaticString = "0123456789abcdef"
                writer.write(literal: "\\u00")
                digits.withUTF8Buffer {
                    writer.writeByte($0[Int(byte >> 4)])
                    writer.writeByte($0[Int(byte & 15)])
                }
            default: writer.writeByte(byte)
            }
        }
        writer.writeByte(UInt8(ascii: "\""))
    }
}

/// A moment of the wall clock, in UTC.
struct LogTime {
    var seconds: Int
    var milliseconds: Int

    static var now: LogTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return LogTime(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
    }

    /// `2026-01-09T12:00:00.123Z`.
    func write(into writer: inout ByteWriter) {
        var moment = seconds
        var parts = tm()
        gmtime_r(&moment, &parts)
        func digits(_ value: Int, _ count: Int) {
            var divisor = 1
            for _ in 1..<count { divisor *= 10 }
            while divisor > 0 {
                writer.writeByte(UInt8(ascii: "0") + UInt8(value / divisor % 10))
                divisor /= 10
            }
        }
        digits(Int(parts.tm_year) + 1900, 4)
        writer.writeByte(UInt8(ascii: "-"))
        digits(Int(parts.tm_mon) + 1, 2)
        writer.writeByte(UInt8(ascii: "-"))
        digits(Int(parts.tm_mday), 2)
        writer.writeByte(UInt8(ascii: "T"))
        digits(Int(parts.tm_hour), 2)
        writer.writeByte(UInt8(ascii: ":"))
        digits(Int(parts.tm_min), 2)
        writer.writeByte(UInt8(ascii: ":"))
        digits(Int(parts.tm_sec), 2)
        writer.writeByte(UInt8(ascii: "."))
        digits(milliseconds, 3)
        writer.writeByte(UInt8(ascii: "Z"))
    }
}
