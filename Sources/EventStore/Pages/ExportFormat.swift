import Bytes

/// How exported events are written.
public enum ExportFormat: String, Sendable, CaseIterable {
    /// A JSON object a line.
    case ndjson
    /// Comma-separated values with a line of names first (RFC 4180).
    case csv

    /// What stands before the events.
    func writeHead(into writer: inout ByteWriter) {
        guard self == .csv else { return }
        writer.write(EventBlock.columns.filter { $0 != " " })
        writer.write(literal: "\r\n")
    }

    /// An event's line.
    func write(_ row: Int, of events: EventBlock, into writer: inout ByteWriter) {
        switch self {
        case .ndjson:
            events.writeJSON(row, into: &writer)
            writer.writeByte(UInt8(ascii: "\n"))
        case .csv: events.writeCSV(row, into: &writer)
        }
    }
}

extension ByteWriter {
    /// Writes a field of CSV: in quotes, with its own doubled, where it could be read as anything but one field.
    mutating func writeCSV(_ field: ByteSlice) {
        let span = field.span
        let special = [UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\r"), UInt8(ascii: "\n")]
        guard special.contains(where: { span.firstIndex(of: $0) != nil }) else { return write(field) }
        writeByte(UInt8(ascii: "\""))
        var start = 0
        while let quote = span.firstIndex(of: UInt8(ascii: "\""), from: start) {
            write(field.slice(start..<(quote + 1)))
            writeByte(UInt8(ascii: "\""))
            start = quote + 1
        }
        write(field.suffix(from: start))
        writeByte(UInt8(ascii: "\""))
    }
}
