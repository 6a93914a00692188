import Bytes
import ClickHouseProtocol
import EventStore
import Events

/// A block's columns by name, as the types that a question's query is known to give.
struct ResultColumns {
    let block: Block

    init(_ block: Block) { self.block = block }

    private func column(_ name: String) throws(EventStoreError) -> Column {
        guard let column = block.columns.first(where: { $0.name == name }) else {
            throw EventStoreError(.malformed, "ClickHouse answered without the column `\(name)`")
        }
        return column
    }

    func texts(_ name: String) throws(EventStoreError) -> StringColumn {
        let column = try column(name)
        guard case .string(let texts) = column.data else { throw wrong(column, "String") }
        return texts
    }

    func doubles(_ name: String) throws(EventStoreError) -> [Double] {
        let column = try column(name)
        guard case .float64(let values) = column.data else { throw wrong(column, "Float64") }
        return values
    }

    func integers(_ name: String) throws(EventStoreError) -> [Int64] {
        let column = try column(name)
        switch column.data {
        case .int64(let values): return values
        case .uint64(let values): return values.map { Int64(clamping: $0) }
        case .uint32(let values): return values.map { Int64($0) }
        case .uint16(let values): return values.map { Int64($0) }
        case .uint8(let values): return values.map { Int64($0) }
        default: throw wrong(column, "whole numbers")
        }
    }

    /// Arrays, each row's elements in a range of all of them.
    struct Arrays<Element> {
        let array: ArrayColumn
        let values: [Element]

        func range(_ row: Int) -> Range<Int> { array.range(row) }
    }

    /// As `Arrays`, of texts.
    struct TextArrays {
        let array: ArrayColumn
        let texts: StringColumn

        func range(_ row: Int) -> Range<Int> { array.range(row) }
    }

    func integerArrays(_ name: String) throws(EventStoreError) -> Arrays<Int64> {
        let column = try column(name)
        guard case .array(let array) = column.data, case .int64(let values) = array.values else {
            throw wrong(column, "Array(Int64)")
        }
        return Arrays(array: array, values: values)
    }

    func doubleArrays(_ name: String) throws(EventStoreError) -> Arrays<Double> {
        let column = try column(name)
        guard case .array(let array) = column.data, case .float64(let values) = array.values else {
            throw wrong(column, "Array(Float64)")
        }
        return Arrays(array: array, values: values)
    }

    func ids(_ name: String) throws(EventStoreError) -> [EventID] {
        let column = try column(name)
        guard case .uuid(let ids) = column.data else { throw wrong(column, "UUID") }
        return ids.map { EventID(high: $0.high, low: $0.low) }
    }

    func maskArrays(_ name: String) throws(EventStoreError) -> Arrays<UInt32> {
        let column = try column(name)
        guard case .array(let array) = column.data, case .uint32(let values) = array.values else {
            throw wrong(column, "Array(UInt32)")
        }
        return Arrays(array: array, values: values)
    }

    func textArrays(_ name: String) throws(EventStoreError) -> TextArrays {
        let column = try column(name)
        guard case .array(let array) = column.data, case .string(let texts) = array.values else {
            throw wrong(column, "Array(String)")
        }
        return TextArrays(array: array, texts: texts)
    }

    private func wrong(_ column: Column, _ wanted: String) -> EventStoreError {
        EventStoreError(
            .malformed, "ClickHouse answered with `\(column.name)` as \(column.type), where \(wanted) was asked for")
    }
}
