internal import Bytes

/// Whole numbers.
enum IntegerFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(
            ["Int8"], column: "int8",
            rows: "whole numbers that hold the value, `Float`, `Double` and `Decimal` where they are exact"),
        TypeDescription(
            ["Int16"], column: "int16",
            rows: "whole numbers that hold the value, `Float`, `Double` and `Decimal` where they are exact"),
        TypeDescription(
            ["Int32"], column: "int32",
            rows: "whole numbers that hold the value, `Float`, `Double` and `Decimal` where they are exact"),
        TypeDescription(
            ["Int64"], column: "int64",
            rows: "whole numbers that hold the value, `Float`, `Double` and `Decimal` where they are exact"),
        TypeDescription(
            ["Int128"], column: "int128",
            rows: "whole numbers that hold the value, `Float`, `Double` and `Decimal` where they are exact"),
        TypeDescription(
            ["Int256"], column: "int256", rows: "`String` of digits, and whole numbers that hold the value"),
        TypeDescription(
            ["UInt8"], column: "uint8",
            rows: "whole numbers that hold the value, `Float`, `Double` and `Decimal` where they are exact"),
        TypeDescription(
            ["UInt16"], column: "uint16",
            rows: "whole numbers that hold the value, `Float`, `Double` and `Decimal` where they are exact"),
        TypeDescription(
            ["UInt32"], column: "uint32",
            rows: "whole numbers that hold the value, `Float`, `Double` and `Decimal` where they are exact"),
        TypeDescription(
            ["UInt64"], column: "uint64",
            rows: "whole numbers that hold the value, `Float`, `Double` and `Decimal` where they are exact"),
        TypeDescription(
            ["UInt128"], column: "uint128",
            rows: "whole numbers that hold the value, `Float`, `Double` and `Decimal` where they are exact"),
        TypeDescription(
            ["UInt256"], column: "uint256", rows: "`String` of digits, and whole numbers that hold the value"),
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        switch word {
        case "Int8": .int8
        case "Int16": .int16
        case "Int32": .int32
        case "Int64": .int64
        case "Int128": .int128
        case "Int256": .int256
        case "UInt8": .uint8
        case "UInt16": .uint16
        case "UInt32": .uint32
        case "UInt64": .uint64
        case "UInt128": .uint128
        case "UInt256": .uint256
        default: throw parser.unsupported()
        }
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        switch type {
        case .int8: NumbersDecoder<Int8>(context) { .int8($0) }
        case .int16: NumbersDecoder<Int16>(context) { .int16($0) }
        case .int32: NumbersDecoder<Int32>(context) { .int32($0) }
        case .int64: NumbersDecoder<Int64>(context) { .int64($0) }
        case .int128: NumbersDecoder<Int128>(context) { .int128($0) }
        case .int256: NumbersDecoder<Int256>(context) { .int256($0) }
        case .uint8: NumbersDecoder<UInt8>(context) { .uint8($0) }
        case .uint16: NumbersDecoder<UInt16>(context) { .uint16($0) }
        case .uint32: NumbersDecoder<UInt32>(context) { .uint32($0) }
        case .uint64: NumbersDecoder<UInt64>(context) { .uint64($0) }
        case .uint128: NumbersDecoder<UInt128>(context) { .uint128($0) }
        case .uint256: NumbersDecoder<UInt256>(context) { .uint256($0) }
        default: nil
        }
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        switch (data, type) {
        case (.int8(let values), .int8): writer.write(array: values)
        case (.int16(let values), .int16): writer.write(array: values)
        case (.int32(let values), .int32): writer.write(array: values)
        case (.int64(let values), .int64): writer.write(array: values)
        case (.int128(let values), .int128): writer.write(array: values)
        case (.int256(let values), .int256): writer.write(array: values)
        case (.uint8(let values), .uint8): writer.write(array: values)
        case (.uint16(let values), .uint16): writer.write(array: values)
        case (.uint32(let values), .uint32): writer.write(array: values)
        case (.uint64(let values), .uint64): writer.write(array: values)
        case (.uint128(let values), .uint128): writer.write(array: values)
        case (.uint256(let values), .uint256): writer.write(array: values)
        default: return false
        }
        return true
    }
}
