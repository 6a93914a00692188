internal import Bytes

/// UUIDs and addresses.
enum IdentifierFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(["UUID"], column: "uuid", rows: "`UUID`, `ClickHouseUUID`, `String`"),
        TypeDescription(["IPv4"], column: "uint32", rows: "`String`, whole numbers"),
        TypeDescription(
            ["IPv6"], column: "fixedString", rows: "`String`, `[UInt8]` of 16 bytes, the most significant first"),
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        switch word {
        case "UUID": .uuid
        case "IPv4": .ipv4
        case "IPv6": .ipv6
        default: throw parser.unsupported()
        }
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        switch type {
        case .uuid: NumbersDecoder<ClickHouseUUID>(context) { .uuid($0) }
        case .ipv4: NumbersDecoder<UInt32>(context) { .uint32($0) }
        case .ipv6: FixedStringDecoder(context, width: 16)
        default: nil
        }
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        switch (data, type) {
        case (.uuid(let values), .uuid): writer.write(array: values)
        case (.uint32(let values), .ipv4): writer.write(array: values)
        case (.fixedString(let strings), .ipv6) where strings.width == 16: writer.write(strings.bytes)
        default: return false
        }
        return true
    }
}
