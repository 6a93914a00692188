internal import Bytes

/// Floating-point numbers.
enum FloatFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(
            ["Float32"], column: "float32", rows: "`Float`, `Double`, and whole numbers, where they are exact"),
        TypeDescription(
            ["Float64"], column: "float64",
            rows: "`Double`, and `Float`, whole numbers and `Decimal`, where they are exact"),
        TypeDescription(["BFloat16"], column: "uint16", rows: "as `Float32`; in a block the upper half of its bits"),
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        switch word {
        case "Float32": .float32
        case "Float64": .float64
        case "BFloat16": .bfloat16
        default: throw parser.unsupported()
        }
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        switch type {
        case .float32: NumbersDecoder<Float>(context) { .float32($0) }
        case .float64: NumbersDecoder<Double>(context) { .float64($0) }
        case .bfloat16: NumbersDecoder<UInt16>(context) { .uint16($0) }
        default: nil
        }
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        switch (data, type) {
        case (.float32(let values), .float32): writer.write(array: values)
        case (.float64(let values), .float64): writer.write(array: values)
        case (.uint16(let values), .bfloat16): writer.write(array: values)
        default: return false
        }
        return true
    }
}

/// True and false.
enum BoolFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(["Bool"], column: "uint8", rows: "`Bool`")
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        .bool
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        switch type {
        case .bool: NumbersDecoder<UInt8>(context) { .uint8($0) }
        default: nil
        }
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        switch (data, type) {
        case (.uint8(let values), .bool): writer.write(array: values)
        default: return false
        }
        return true
    }
}
