import Bytes
import ClickHouseProtocol
import EventStore

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

    private func wrong(_ column: Column, _ wanted: String) -> EventStoreError {
        EventStoreError(
            .malformed, "ClickHouse answered with `\(column.name)` as \(column.type), where \(wanted) was asked for")
    }
}
