import Bytes

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
    let time = CivilTime(millisecondsSince1970: wallClockMilliseconds())

    /// `2026-01-09T12:00:00.123Z warning kafka.producer: broker lost endpoint=localhost:9092`.
    func writeText(into writer: inout ByteWriter) {
        time.write(into: &writer)
        writer.writeByte(UInt8(ascii: " "))
        writer.write(level.description)
        writer.writeByte(UInt8(ascii: " "))
        writer.write(label)
        writer.write(literal: ": ")
        writer.write(message.onOneLine)
        for (key, value) in metadata.pairs {
            writer.writeByte(UInt8(ascii: " "))
            writer.write(key.description)
            writer.writeByte(UInt8(ascii: "="))
            let needsQuotes =
                value.isEmpty
                || value.unicodeScalars.contains {
                    $0 == " " || $0 == "\"" || $0.properties.generalCategory == .control
                }
            if needsQuotes { writer.writeQuoted(value) } else { writer.write(value) }
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
        writer.writeQuoted(label)
        writer.write(literal: ",\"message\":")
        writer.writeQuoted(message)
        for (key, value) in metadata.pairs {
            writer.writeByte(UInt8(ascii: ","))
            // The line's own keys are taken.
            let isTaken = ["time", "level", "logger", "message"].contains(key.description)
            writer.writeQuoted(isTaken ? key.description + "_" : key.description)
            writer.writeByte(UInt8(ascii: ":"))
            writer.writeQuoted(value)
        }
        writer.write(literal: "}\n")
    }
}
