internal import Bytes

extension ColumnData {
    /// Writes what stands before all values, from the outside to the inside.
    func encodePrefix(as type: ColumnType, into writer: inout ByteWriter) {
        switch (self, type.withoutAliases) {
        case (.lowCardinality(let column), .lowCardinality): column.encodePrefix(into: &writer)
        case (.nullable(let column), .nullable(let inner)): column.values.encodePrefix(as: inner, into: &writer)
        case (_, .nullable(let inner)): encodePrefix(as: inner, into: &writer)
        case (.array(let column), .array(let inner)): column.values.encodePrefix(as: inner, into: &writer)
        case (.array(let column), .map(let key, let value)):
            column.values.encodePrefix(as: .tuple([.init(type: key), .init(type: value)]), into: &writer)
        case (.array(let column), .nested(let elements)):
            column.values.encodePrefix(as: .tuple(elements), into: &writer)
        case (.tuple(let column), .tuple(let elements)):
            for (data, element) in zip(column.elements, elements) {
                data.encodePrefix(as: element.type, into: &writer)
            }
        default: break
        }
    }

    /// Writes the values.
    ///
    /// - Throws: `ClickHouseProtocolError` `.mismatch` where they are none of the type.
    func encodeValues(
        as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) {
        switch (self, type.withoutAliases) {
        case (.int8(let values), .int8), (.int8(let values), .enum8): writer.write(array: values)
        case (.int16(let values), .int16), (.int16(let values), .enum16): writer.write(array: values)
        case (.int32(let values), .int32), (.int32(let values), .date32), (.int32(let values), .time):
            writer.write(array: values)
        case (.int32(let values), .decimal(...9, _)): writer.write(array: values)
        case (.int64(let values), .int64), (.int64(let values), .dateTime64), (.int64(let values), .time64),
            (.int64(let values), .interval):
            writer.write(array: values)
        case (.int64(let values), .decimal(10...18, _)): writer.write(array: values)
        case (.int128(let values), .int128), (.int128(let values), .decimal(19...38, _)): writer.write(array: values)
        case (.int256(let values), .int256), (.int256(let values), .decimal(39..., _)): writer.write(array: values)
        case (.uint8(let values), .uint8), (.uint8(let values), .bool): writer.write(array: values)
        case (.uint16(let values), .uint16), (.uint16(let values), .date), (.uint16(let values), .bfloat16):
            writer.write(array: values)
        case (.uint32(let values), .uint32), (.uint32(let values), .dateTime), (.uint32(let values), .ipv4):
            writer.write(array: values)
        case (.uint64(let values), .uint64): writer.write(array: values)
        case (.uint128(let values), .uint128): writer.write(array: values)
        case (.uint256(let values), .uint256): writer.write(array: values)
        case (.float32(let values), .float32): writer.write(array: values)
        case (.float64(let values), .float64): writer.write(array: values)
        case (.uuid(let values), .uuid): writer.write(array: values)
        case (.string(let strings), .string): strings.encode(into: &writer, revision: revision)
        case (.fixedString(let strings), .fixedString(let width)) where strings.width == width:
            writer.write(strings.bytes)
        case (.fixedString(let strings), .ipv6) where strings.width == 16: writer.write(strings.bytes)
        case (.nullable(let column), .nullable(let inner)):
            writer.write(array: column.nulls)
            try column.values.encodeValues(as: inner, into: &writer, revision: revision)
        case (_, .nullable(let inner)):  // Values without NULLs suit a column that may have them.
            writer.write(repeating: 0, count: count)
            try encodeValues(as: inner, into: &writer, revision: revision)
        case (.array(let column), .array(let inner)):
            writer.write(array: column.ends)
            try column.values.encodeValues(as: inner, into: &writer, revision: revision)
        case (.array(let column), .map(let key, let value)):
            writer.write(array: column.ends)
            try column.values.encodeValues(
                as: .tuple([.init(type: key), .init(type: value)]), into: &writer, revision: revision)
        case (.array(let column), .nested(let elements)):
            writer.write(array: column.ends)
            try column.values.encodeValues(as: .tuple(elements), into: &writer, revision: revision)
        case (.lowCardinality(let column), .lowCardinality(.nullable(let inner))) where column.isNullable:
            try column.encode(as: inner, into: &writer, revision: revision)
        case (.lowCardinality(let column), .lowCardinality(let inner)) where !column.isNullable:
            try column.encode(as: inner, into: &writer, revision: revision)
        case (.tuple(let column), .tuple(let elements)) where column.elements.count == elements.count:
            for (data, element) in zip(column.elements, elements) {
                try data.encodeValues(as: element.type, into: &writer, revision: revision)
            }
        case (.nothing(let count), .nothing), (.nothing(let count), .tuple([])):
            writer.write(repeating: UInt8(ascii: "0"), count: count)
        default:
            throw ClickHouseProtocolError(.mismatch, "\(kind) values do not fit the type \(type.name)")
        }
    }

    /// The type to send these values as, so that a column of the type takes them: the type itself, or the same without
    /// LowCardinality where the values are plain ones, which the server then brings into a dictionary itself.
    ///
    /// - Throws: `ClickHouseProtocolError` `.mismatch` where the type does not take them.
    public func wireType(for type: ColumnType) throws(ClickHouseProtocolError) -> ColumnType {
        switch (self, type.withoutAliases) {
        case (.lowCardinality(let column), .lowCardinality(let inner)):
            switch inner {
            case .nullable(let value) where column.isNullable: try check(column.dictionary, value, type)
            default:
                guard !column.isNullable else { throw misfit(type) }
                try check(column.dictionary, inner, type)
            }
            return type
        case (_, .lowCardinality(let inner)): return try wireType(for: inner)
        case (.nullable(let column), .nullable(let inner)):
            return .nullable(try column.values.wireType(for: inner))
        case (.nullable, _): throw misfit(type)
        case (_, .nullable(let inner)): return .nullable(try wireType(for: inner))
        case (.array(let column), .array(let inner)): return .array(try column.values.wireType(for: inner))
        case (.array(let column), .map(let key, let value)):
            guard case .tuple(let pair) = column.values, pair.elements.count == 2 else { throw misfit(type) }
            return .map(
                key: try pair.elements[0].wireType(for: key), value: try pair.elements[1].wireType(for: value))
        case (.array(let column), .nested(let elements)):
            guard case .tuple(let elements) = try column.values.wireType(for: .tuple(elements)) else {
                throw misfit(type)
            }
            return .nested(elements)
        case (.tuple(let column), .tuple(let elements)) where column.elements.count == elements.count:
            var types: [ColumnType.TupleElement] = []
            for (data, element) in zip(column.elements, elements) {
                types.append(.init(name: element.name, type: try data.wireType(for: element.type)))
            }
            return .tuple(types)
        default:
            try check(self, type, type)
            return type
        }
    }

    private func check(
        _ data: ColumnData, _ type: ColumnType, _ whole: ColumnType
    ) throws(ClickHouseProtocolError) {
        // Values without rows are of a type or not just as values with rows are; none are written.
        var writer = ByteWriter(capacity: 0)
        do {
            try data.withoutRows.encodeValues(as: type, into: &writer, revision: .newest)
        } catch {
            throw misfit(whole)
        }
    }

    private func misfit(_ type: ColumnType) -> ClickHouseProtocolError {
        ClickHouseProtocolError(.mismatch, "\(kind) values do not fit the type \(type.name)")
    }

    /// A column of the same kind without rows.
    var withoutRows: ColumnData { gathering([]) }
}
