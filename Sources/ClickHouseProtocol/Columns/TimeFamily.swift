internal import Bytes

/// Days, moments, times of day, and spans of time.
enum TimeFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(["Date"], column: "uint16", rows: "`Date` at midnight UTC, and whole numbers of days"),
        TypeDescription(["Date32"], column: "int32", rows: "as `Date`"),
        TypeDescription(["DateTime"], column: "uint32", rows: "`Date`, and whole numbers of seconds"),
        TypeDescription(
            ["DateTime64"], column: "int64",
            rows: "`Date` where it tells one tick from the next, and whole numbers of ticks"),
        TypeDescription(["Time"], column: "int32", rows: "whole numbers of seconds"),
        TypeDescription(["Time64"], column: "int64", rows: "whole numbers of ticks"),
        TypeDescription(
            [
                "IntervalNanosecond", "IntervalMicrosecond", "IntervalMillisecond", "IntervalSecond", "IntervalMinute",
                "IntervalHour", "IntervalDay", "IntervalWeek", "IntervalMonth", "IntervalQuarter", "IntervalYear",
            ], column: "int64", rows: "whole numbers of the unit"),
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        if word.hasPrefix("Interval") { return .interval(unit: String(word.dropFirst(8))) }
        switch word {
        case "Date": return .date
        case "Date32": return .date32
        case "Time": return .time
        case "DateTime" where parser.next != UInt8(ascii: "("): return .dateTime(timeZone: nil)
        default: break
        }
        try parser.expect("(")
        let type: ColumnType
        switch word {
        case "DateTime": type = .dateTime(timeZone: try parser.timeZone())
        case "DateTime64":
            let precision = try parser.number(0...9)
            type = .dateTime64(precision: precision, timeZone: parser.take(",") ? try parser.timeZone() : nil)
        default: type = .time64(precision: try parser.number(0...9))
        }
        try parser.expect(")")
        return type
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        switch type {
        case .date: NumbersDecoder<UInt16>(context) { .uint16($0) }
        case .date32, .time: NumbersDecoder<Int32>(context) { .int32($0) }
        case .dateTime: NumbersDecoder<UInt32>(context) { .uint32($0) }
        case .dateTime64, .time64, .interval: NumbersDecoder<Int64>(context) { .int64($0) }
        default: nil
        }
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        switch (data, type) {
        case (.uint16(let values), .date): writer.write(array: values)
        case (.int32(let values), .date32), (.int32(let values), .time): writer.write(array: values)
        case (.uint32(let values), .dateTime): writer.write(array: values)
        case (.int64(let values), .dateTime64), (.int64(let values), .time64), (.int64(let values), .interval):
            writer.write(array: values)
        default: return false
        }
        return true
    }
}
