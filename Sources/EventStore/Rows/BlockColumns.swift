import Bytes
import ClickHouseProtocol
import Events
import JSON

/// A block's columns by place, as the types that a query is known to give.
struct BlockColumns {
    let block: Block

    init(_ block: Block) { self.block = block }

    func text(_ index: Int) throws(EventStoreError) -> TextColumn {
        switch try data(index) {
        case .string(let strings): return TextColumn(strings: strings, indexes: nil)
        case .lowCardinality(let column):
            guard let strings = column.strings else { throw wrong(index, "text") }
            return TextColumn(strings: strings, indexes: column.indexes)
        default: throw wrong(index, "text")
        }
    }

    func doubles(_ index: Int) throws(EventStoreError) -> [Double] {
        guard case .float64(let values) = try data(index) else { throw wrong(index, "Float64") }
        return values
    }

    func uuids(_ index: Int) throws(EventStoreError) -> [ClickHouseUUID] {
        guard case .uuid(let values) = try data(index) else { throw wrong(index, "UUID") }
        return values
    }

    func milliseconds(_ index: Int) throws(EventStoreError) -> [Int64] {
        guard case .int64(let values) = try data(index) else { throw wrong(index, "DateTime64(3)") }
        return values
    }

    /// Days since 1970.
    func days(_ index: Int) throws(EventStoreError) -> [UInt16] {
        guard case .uint16(let values) = try data(index) else { throw wrong(index, "Date") }
        return values
    }

    func numbers(_ index: Int) throws(EventStoreError) -> [UInt64] {
        switch try data(index) {
        case .uint64(let values): return values
        case .uint32(let values): return values.map { UInt64($0) }
        case .uint16(let values): return values.map { UInt64($0) }
        case .uint8(let values): return values.map { UInt64($0) }
        default: throw wrong(index, "unsigned integers")
        }
    }

    func floats(_ index: Int) throws(EventStoreError) -> FloatsColumn {
        guard case .array(let arrays) = try data(index), case .float32(let values) = arrays.values else {
            throw wrong(index, "Array(Float32)")
        }
        return FloatsColumn(arrays: arrays, values: values)
    }

    private func data(_ index: Int) throws(EventStoreError) -> ColumnData {
        guard index < block.columns.count else {
            throw EventStoreError(.malformed, "ClickHouse answered with \(block.columns.count) columns")
        }
        return block.columns[index].data
    }

    private func wrong(_ index: Int, _ wanted: String) -> EventStoreError {
        let column = block.columns[index]
        return EventStoreError(
            .malformed, "ClickHouse answered with `\(column.name)` as \(column.type), where \(wanted) was asked for")
    }
}

/// Texts, each in place or through a dictionary.
struct TextColumn {
    let strings: StringColumn
    let indexes: [UInt32]?

    private func place(_ row: Int) -> Int { indexes.map { Int($0[row]) } ?? row }

    subscript(row: Int) -> ByteSlice { strings[place(row)] }

    func writeJSON(_ row: Int, into writer: inout ByteWriter) {
        let bytes = strings[place(row)]
        writer.writeJSONString(bytes.span)
    }
}

/// Arrays of floats.
struct FloatsColumn {
    let arrays: ArrayColumn
    let values: [Float]

    subscript(row: Int) -> ArraySlice<Float> { values[arrays.range(row)] }

    func writeJSON(_ row: Int, into writer: inout ByteWriter) {
        writer.writeByte(UInt8(ascii: "["))
        let range = arrays.range(row)
        for index in range {
            if index > range.lowerBound { writer.writeByte(UInt8(ascii: ",")) }
            writer.writeJSONNumber(values[index])
        }
        writer.writeByte(UInt8(ascii: "]"))
    }
}

extension EventID {
    init(_ uuid: ClickHouseUUID) { self.init(high: uuid.high, low: uuid.low) }
}

extension ClickHouseUUID {
    init(_ id: EventID) { self.init(high: id.high, low: id.low) }
}
