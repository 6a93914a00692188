internal import Bytes

/// Decimals: whole numbers of ticks.
enum DecimalFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(
            ["Decimal"], column: "int32, int64, int128 or int256",
            rows:
                "`Decimal`, `String`, whole numbers, and `Double` and `Float` where their shortest text tells the same")
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        try parser.expect("(")
        let precision = try parser.number(1...76)
        let scale = parser.take(",") ? try parser.number(0...precision) : 0
        try parser.expect(")")
        return .decimal(precision: precision, scale: scale)
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        guard case .decimal(let precision, _) = type else { return nil }
        return switch precision {
        case ...9: NumbersDecoder<Int32>(context) { .int32($0) }
        case ...18: NumbersDecoder<Int64>(context) { .int64($0) }
        case ...38: NumbersDecoder<Int128>(context) { .int128($0) }
        default: NumbersDecoder<Int256>(context) { .int256($0) }
        }
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        switch (data, type) {
        case (.int32(let values), .decimal(...9, _)): writer.write(array: values)
        case (.int64(let values), .decimal(10...18, _)): writer.write(array: values)
        case (.int128(let values), .decimal(19...38, _)): writer.write(array: values)
        case (.int256(let values), .decimal(39..., _)): writer.write(array: values)
        default: return false
        }
        return true
    }
}
