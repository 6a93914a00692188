internal import Bytes

/// Numbers with names.
enum EnumFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(["Enum8"], column: "int8", rows: "`String`, and enums of it, by name; whole numbers"),
        TypeDescription(["Enum16"], column: "int16", rows: "as `Enum8`"),
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        try parser.expect("(")
        let type: ColumnType =
            word == "Enum8" ? .enum8(try parser.cases(-128...127)) : .enum16(try parser.cases(-32768...32767))
        try parser.expect(")")
        return type
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        switch type {
        case .enum8: NumbersDecoder<Int8>(context) { .int8($0) }
        case .enum16: NumbersDecoder<Int16>(context) { .int16($0) }
        default: nil
        }
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        switch (data, type) {
        case (.int8(let values), .enum8): writer.write(array: values)
        case (.int16(let values), .enum16): writer.write(array: values)
        default: return false
        }
        return true
    }
}
