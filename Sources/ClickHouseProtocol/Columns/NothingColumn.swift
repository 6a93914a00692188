internal import Bytes

/// Reads the bytes that stand for no values: one a row, whatever it is. Tuples without elements are written so too.
/// (ClickHouse: src/DataTypes/Serializations/SerializationNothing.h.)
final class NothingDecoder: ColumnDecoder {
    private var count = 0
    private var missing = 0

    override func begin(_ count: Int) {
        self.count = count
        missing = count
    }

    override func readValues(_ reader: inout ByteReader) -> Bool {
        let count = min(missing, reader.remaining)
        reader.move(to: reader.position + count)
        missing -= count
        return missing == 0
    }

    override func finish() -> ColumnData { .nothing(count: count) }
}

/// The type of `NULL` alone.
enum NothingFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(["Nothing"], column: "nothing", rows: "`nil`")
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        .nothing
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        if case .nothing = type { NothingDecoder(context) } else { nil }
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        switch (data, type) {
        case (.nothing(let count), .nothing), (.nothing(let count), .tuple([])):
            writer.write(repeating: UInt8(ascii: "0"), count: count)
        default: return false
        }
        return true
    }
}
