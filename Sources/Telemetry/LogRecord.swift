import Bytes
import Glibc

/// What is written to the log.
public struct LogRecord: Sendable {
    /// How much it matters.
    public let level: LogLevel
    /// Who speaks.
    public let label: String
    /// A fixed text.
    public let message: String
    /// Keys and values, no key twice.
    public let metadata: LogMetadata
    let time = WallClock.now

    /// `2026-01-09T12:00:00.123Z warning kafka.producer: broker lost endpoint=localhost:9092`.
    func writeText(into writer: inout ByteWriter) {
        time.write(into: &writer)
        writer.writeByte(UInt8(ascii: " "))
        writer.write(level.description)
        writer.writeByte(UInt8(ascii: " "))
        writer.write(label)
        writer.write(literal: ": ")
        Self.writePlain(message, into: &writer)
        for (key, value) in metadata.pairs {
            writer.writeByte(UInt8(ascii: " "))
            writer.write(key.description)
            writer.writeByte(UInt8(ascii: "="))
            let needsQuotes =
                value.isEmpty
                || value.unicodeScalars.contains {
                    $0 == " " || $0 == "\"" || $0.properties.generalCategory == .control
                }
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
        for (key, value) in metadata.pairs {
            writer.writeByte(UInt8(ascii: ","))
            // The line's own keys are taken.
            let isTaken = ["time", "level", "logger", "message"].contains(key.description)
            Self.writeQuoted(isTaken ? key.description + "_" : key.description, into: &writer)
            writer.writeByte(UInt8(ascii: ":"))
            Self.writeQuoted(value, into: &writer)
        }
        writer.write(literal: "}\n")
    }

    /// The text on one line, whatever it holds.
    private static func writePlain(_ text: String, into writer: inout ByteWriter) {
        writer.write(
            String(
                String.UnicodeScalarView(
                    text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 })))
    }

    /// A JSON string; control characters of all kinds are escaped, since terminals act on them.
    private static func writeQuoted(_ text: String, into writer: inout ByteWriter) {
        writer.writeByte(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": writer.write(literal: "\\\"")
            case "\\": writer.write(literal: "\\\\")
            case "\n": writer.write(literal: "\\n")
            case "\r": writer.write(literal: "\\r")
            case "\t": writer.write(literal: "\\t")
            case _ where scalar.properties.generalCategory == .control:
                // All of them are below U+00A0.
                writer.write(literal: "\\u00")
                writer.writeHexadecimal(UInt64(scalar.value), digits: 2)
            default: writer.write(String(scalar))
            }
        }
        writer.writeByte(UInt8(ascii: "\""))
    }
}

/// The time of day, in UTC.
private enum WallClock {
    static var now: CivilTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return CivilTime(millisecondsSince1970: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
