internal import Bytes

extension ColumnData {
    /// Writes what stands before all values, from the outside to the inside.
    func encodePrefix(as type: ColumnType, into writer: inout ByteWriter, revision: Revision) {
        switch (self, type.withoutAliases) {
        case (.lowCardinality(let column), .lowCardinality): column.encodePrefix(into: &writer)
        case (.nullable(let column), .nullable(let inner)):
            column.values.encodePrefix(as: inner, into: &writer, revision: revision)
        case (_, .nullable(let inner)): encodePrefix(as: inner, into: &writer, revision: revision)
        case (.array(let column), .array(let inner)):
            column.values.encodePrefix(as: inner, into: &writer, revision: revision)
        case (.array(let column), .map(let key, let value)):
            column.values.encodePrefix(
                as: .tuple([.init(type: key), .init(type: value)]), into: &writer, revision: revision)
        case (.array(let column), .nested(let elements)):
            column.values.encodePrefix(as: .tuple(elements), into: &writer, revision: revision)
        case (.tuple(let column), .tuple(let elements)):
            for (data, element) in zip(column.elements, elements) {
                data.encodePrefix(as: element.type, into: &writer, revision: revision)
            }
        case (.variant(let column), .variant(let types)):
            column.encodePrefix(as: types, into: &writer, revision: revision)
        case (.dynamic(let column), .dynamic): column.encodePrefix(into: &writer, revision: revision)
        case (.json(let column), .json): column.encodePrefix(into: &writer, revision: revision)
        case (.string, .json): writer.writeLittleEndian(UInt64(1))
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
        case (.lowCardinality(let column), .lowCardinality(.nullable(let inner))):
            // A dictionary without a place for NULL would be read as something else.
            guard column.isNullable else { throw misfit(type) }
            try column.encode(as: inner, into: &writer, revision: revision)
        case (.lowCardinality(let column), .lowCardinality(let inner)) where !column.isNullable:
            try column.encode(as: inner, into: &writer, revision: revision)
        case (.tuple(let column), .tuple(let elements)) where column.elements.count == elements.count:
            for (data, element) in zip(column.elements, elements) {
                try data.encodeValues(as: element.type, into: &writer, revision: revision)
            }
        case (.variant(let column), .variant(let types)) where column.variants.count == types.count:
            try column.encode(as: types, into: &writer, revision: revision)
        case (.dynamic(let column), .dynamic): try column.encode(into: &writer, revision: revision)
        case (.json(let column), .json): try column.encode(into: &writer, revision: revision)
        case (.string(let texts), .json): texts.encode(into: &writer, revision: revision, hasEnds: false)
        case (.array(let column), .qbit(let element, let dimension)):
            try column.encodeBits(of: element, dimension: dimension, into: &writer)
        case (.string(let states), .aggregateFunction): writer.write(states.bytes)
        case (.nothing(let count), .nothing), (.nothing(let count), .tuple([])):
            writer.write(repeating: UInt8(ascii: "0"), count: count)
        default:
            throw misfit(type)
        }
    }

    func misfit(_ type: ColumnType) -> ClickHouseProtocolError {
        ClickHouseProtocolError(.mismatch, "\(kind) values do not fit the type \(type.name)")
    }

    /// A column of the same kind without rows.
    var withoutRows: ColumnData { gathering([]) }
}
