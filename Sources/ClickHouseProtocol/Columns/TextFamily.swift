internal import Bytes

/// Texts, and any bytes.
enum TextFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(["String"], column: "string", rows: "`String` where it is UTF-8, `Data`, `[UInt8]`, `URL`"),
        TypeDescription(["FixedString"], column: "fixedString", rows: "as `String`, of just so many bytes"),
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        guard word == "FixedString" else { return .string }
        try parser.expect("(")
        let bytes = try parser.number(1...0xff_ffff)
        try parser.expect(")")
        return .fixedString(bytes: bytes)
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        switch type {
        case .string: StringDecoder(context, hasEnds: context.revision.has(.stringEnds))
        case .fixedString(let bytes): FixedStringDecoder(context, width: bytes)
        default: nil
        }
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        switch (data, type) {
        case (.string(let strings), .string): strings.encode(into: &writer, revision: revision)
        case (.fixedString(let strings), .fixedString(let width)) where strings.width == width:
            writer.write(strings.bytes)
        default: return false
        }
        return true
    }
}
