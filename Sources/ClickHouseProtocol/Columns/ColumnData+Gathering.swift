internal import Bytes

extension ColumnData {
    /// The row that stands for the type's default value where rows are gathered.
    static let defaultRow = UInt32.max

    /// A column of the rows at `indexes`, which are checked; `defaultRow` gives the type's default value.
    func gathering(_ indexes: [UInt32]) -> ColumnData {
        switch self {
        case .int8(let values): .int8(Self.gather(values, indexes, 0))
        case .int16(let values): .int16(Self.gather(values, indexes, 0))
        case .int32(let values): .int32(Self.gather(values, indexes, 0))
        case .int64(let values): .int64(Self.gather(values, indexes, 0))
        case .int128(let values): .int128(Self.gather(values, indexes, 0))
        case .int256(let values): .int256(Self.gather(values, indexes, Int256(0)))
        case .uint8(let values): .uint8(Self.gather(values, indexes, 0))
        case .uint16(let values): .uint16(Self.gather(values, indexes, 0))
        case .uint32(let values): .uint32(Self.gather(values, indexes, 0))
        case .uint64(let values): .uint64(Self.gather(values, indexes, 0))
        case .uint128(let values): .uint128(Self.gather(values, indexes, 0))
        case .uint256(let values): .uint256(Self.gather(values, indexes, UInt256(low: 0)))
        case .float32(let values): .float32(Self.gather(values, indexes, 0))
        case .float64(let values): .float64(Self.gather(values, indexes, 0))
        case .uuid(let values): .uuid(Self.gather(values, indexes, ClickHouseUUID(high: 0, low: 0)))
        case .string(let strings): .string(strings.gathering(indexes))
        case .fixedString(let strings): .fixedString(strings.gathering(indexes))
        case .nullable(let column):
            .nullable(
                NullableColumn(
                    nulls: Self.gather(column.nulls, indexes, 1), values: column.values.gathering(indexes)))
        case .array(let column): .array(column.gathering(indexes))
        case .lowCardinality(let column): .lowCardinality(column.gathering(indexes))
        case .tuple(let column): .tuple(TupleColumn(column.elements.map { $0.gathering(indexes) }))
        case .variant(let column): .variant(column.gathering(indexes))
        case .dynamic(let column):
            .dynamic(DynamicColumn(types: column.types, values: column.values.gathering(indexes)))
        case .json(let column): .json(column.gathering(indexes))
        case .nothing: .nothing(count: indexes.count)
        }
    }

    private static func gather<Value>(_ values: [Value], _ indexes: [UInt32], _ zero: Value) -> [Value] {
        indexes.map { $0 == defaultRow ? zero : values[Int($0)] }
    }

    /// How many bytes of memory one row takes at the least, for the check before a column grows without bytes for it.
    var rowBytes: Int {
        switch self {
        case .int8, .uint8, .nothing: 1
        case .int16, .uint16: 2
        case .int32, .uint32, .float32, .lowCardinality: 4
        case .int64, .uint64, .float64, .string, .array: 8
        case .int128, .uint128, .uuid: 16
        case .int256, .uint256: 32
        case .variant, .dynamic: 5
        case .json(let column): column.paths.reduce(8) { $0 + $1.data.rowBytes }
        case .fixedString(let strings): strings.width
        case .nullable(let column): 1 + column.values.rowBytes
        case .tuple(let column): column.elements.reduce(0) { $0 + $1.rowBytes }
        }
    }

    /// How many bytes of memory the gathered rows take.
    func gatheredBytes(_ indexes: [UInt32]) -> Int {
        switch self {
        case .string(let strings):
            indexes.reduce(0) { $0 &+ 8 &+ ($1 == Self.defaultRow ? 0 : strings.range(Int($1)).count) }
        case .array(let column):
            indexes.reduce(0) { total, index in
                guard index != Self.defaultRow else { return total &+ 8 }
                return total &+ 8 &+ column.range(Int(index)).count &* max(column.values.rowBytes, 1)
            }
        case .nullable(let column): indexes.count &+ column.values.gatheredBytes(indexes)
        case .tuple(let column): column.elements.reduce(0) { $0 &+ $1.gatheredBytes(indexes) }
        case .variant(let column): column.gatheredBytes(indexes)
        case .dynamic(let column): column.values.gatheredBytes(indexes)
        case .json(let column):
            column.paths.reduce(ColumnData.array(column.shared).gatheredBytes(indexes)) {
                $0 &+ $1.data.gatheredBytes(indexes)
            }
        default: indexes.count &* rowBytes
        }
    }
}

extension LowCardinalityColumn {
    fileprivate func gathering(_ rows: [UInt32]) -> LowCardinalityColumn {
        // Index 0 is the default, and NULL where there is one; of no rows not even that has come.
        let needsDefault = dictionary.count == 0 && !rows.isEmpty
        return LowCardinalityColumn(
            unchecked: needsDefault ? dictionary.gathering([ColumnData.defaultRow]) : dictionary,
            indexes: rows.map { $0 == ColumnData.defaultRow ? 0 : indexes[Int($0)] }, isNullable: isNullable)
    }
}

extension StringColumn {
    fileprivate func gathering(_ indexes: [UInt32]) -> StringColumn {
        var builder = StringColumnBuilder(strings: indexes.count, bytes: bytes.count)
        for index in indexes {
            builder.append(bytes.span.extracting(index == ColumnData.defaultRow ? 0..<0 : range(Int(index))))
        }
        return builder.finish()
    }
}

extension FixedStringColumn {
    fileprivate func gathering(_ indexes: [UInt32]) -> FixedStringColumn {
        var writer = ByteWriter(capacity: indexes.count * width)
        for index in indexes {
            if index == ColumnData.defaultRow {
                writer.write(repeating: 0, count: width)
            } else {
                writer.write(bytes.span.extracting((Int(index) * width)..<((Int(index) + 1) * width)))
            }
        }
        return FixedStringColumn(bytes: writer.finish(), width: width)
    }
}

extension VariantColumn {
    fileprivate func gatheredBytes(_ indexes: [UInt32]) -> Int {
        var places = [[UInt32]](repeating: [], count: variants.count)
        for index in indexes where index != ColumnData.defaultRow && !isNull(Int(index)) {
            places[Int(kinds[Int(index)])].append(self.places[Int(index)])
        }
        return zip(variants, places).reduce(indexes.count &* 5) { $0 &+ $1.0.gatheredBytes($1.1) }
    }
}

extension ArrayColumn {
    func gathering(_ indexes: [UInt32]) -> ArrayColumn {
        var ends: [UInt64] = []
        ends.reserveCapacity(indexes.count)
        var elements: [UInt32] = []
        for index in indexes {
            if index != ColumnData.defaultRow {
                for element in range(Int(index)) { elements.append(UInt32(truncatingIfNeeded: element)) }
            }
            ends.append(UInt64(elements.count))
        }
        return ArrayColumn(ends: ends, values: values.gathering(elements))
    }
}
