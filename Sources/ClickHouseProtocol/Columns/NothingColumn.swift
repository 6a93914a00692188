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
