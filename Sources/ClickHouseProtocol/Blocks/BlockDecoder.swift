internal import Bytes

/// Reads one block from bytes that come piece by piece; what has come is taken out column by column, so that nothing is
/// read twice and nothing waits for the block's end. (ClickHouse: src/Formats/NativeReader.cpp.)
final class BlockDecoder {
    private enum State {
        case info, dimensions
        case header
        case prefix(ColumnDecoder)
        case values(ColumnDecoder)
        case done
    }

    private let context: DecodingContext
    private var state = State.info
    private var columnCount = 0
    private var rowCount = 0
    private var columns: [Column] = []
    private var name = ""
    private var type = ColumnType.nothing
    private var isNameRead = false
    private var isTypeRead = false
    private var kinds: SerializationKinds?

    init(revision: Revision, limits: Limits) {
        context = DecodingContext(revision: revision, limits: limits)
    }

    /// Reads on.
    ///
    /// - Returns: the block, once it is whole; nil where more bytes are needed.
    func read(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Block? {
        while true {
            switch state {
            case .info:
                guard try readInfo(&reader) else { return nil }
                state = .dimensions
            case .dimensions:
                let start = reader.position
                guard let columnCount = try reader.partialCount("the columns", limit: context.limits.columns),
                    let rowCount = try reader.partialCount("the rows", limit: context.limits.rows)
                else {
                    reader.move(to: start)
                    return nil
                }
                self.columnCount = columnCount
                self.rowCount = rowCount
                state = columnCount == 0 ? .done : .header
            case .header:
                guard let decoder = try readHeader(&reader) else { return nil }
                if rowCount == 0 {
                    // However the column is written otherwise: of no rows there is nothing on the wire.
                    try begin(decoder)
                    try finish(decoder)
                } else {
                    state = .prefix(decoder)
                }
            case .prefix(let decoder):
                guard try inColumn({ () throws(ClickHouseProtocolError) in try decoder.readPrefix(&reader) }) else {
                    return nil
                }
                try begin(decoder)
                state = .values(decoder)
            case .values(let decoder):
                guard try inColumn({ () throws(ClickHouseProtocolError) in try decoder.readValues(&reader) }) else {
                    return nil
                }
                try finish(decoder)
            case .done:
                return Block(unchecked: columns, rowCount: rowCount)
            }
        }
    }

    private func begin(_ decoder: ColumnDecoder) throws(ClickHouseProtocolError) {
        try inColumn { () throws(ClickHouseProtocolError) in try decoder.begin(rowCount) }
    }

    private func finish(_ decoder: ColumnDecoder) throws(ClickHouseProtocolError) {
        let data = try inColumn { () throws(ClickHouseProtocolError) in try decoder.finish() }
        columns.append(Column(name: name, type: type, data: data))
        state = columns.count == columnCount ? .done : .header
    }

    /// Names the column in what goes wrong with it.
    private func inColumn<Result>(
        _ body: () throws(ClickHouseProtocolError) -> Result
    ) throws(ClickHouseProtocolError) -> Result {
        do {
            return try body()
        } catch {
            throw error.within("column `\(name)`")
        }
    }

    /// Fields with numbers before them, up to number 0. (`BlockInfo` in ClickHouse's src/Core/BlockInfo.h.)
    private func readInfo(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        let start = reader.position
        fields: while let field = try reader.partialVarint("a block's field") {
            switch field {
            case 0: return true
            case 1: guard reader.partialByte() != nil else { break fields }
            case 2: guard reader.partialInteger(Int32.self) != nil else { break fields }
            case 3:
                guard let count = try reader.partialCount("late buckets", limit: context.limits.columns),
                    reader.remaining >= count * 4
                else { break fields }
                reader.move(to: reader.position + count * 4)
            default: throw ClickHouseProtocolError(.malformed, "a block has the unknown field \(field)")
            }
        }
        reader.move(to: start)
        return false
    }

    private func readHeader(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        let start = reader.position
        guard let name = try reader.partialText("a column's name", limit: context.limits.textBytes),
            let typeName = try reader.partialText("a column's type", limit: context.limits.textBytes)
        else {
            reader.move(to: start)
            return nil
        }
        self.name = name
        type = try inColumn { () throws(ClickHouseProtocolError) in try ColumnType(parsing: typeName) }
        var kinds = SerializationKinds.plain
        if context.revision.has(.customSerialization) {
            guard let isCustom = reader.partialByte() else {
                reader.move(to: start)
                return nil
            }
            if isCustom != 0 {
                guard
                    let read = try inColumn({ () throws(ClickHouseProtocolError) in
                        try SerializationKinds.read(&reader, for: type)
                    })
                else {
                    reader.move(to: start)
                    return nil
                }
                kinds = read
            }
        }
        return try inColumn { () throws(ClickHouseProtocolError) in try kinds.decoder(of: type, context) }
    }
}
