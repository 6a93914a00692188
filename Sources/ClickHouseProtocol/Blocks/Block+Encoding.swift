public import Bytes

extension Block {
    /// Writes the block as a peer of the revision reads it. (ClickHouse: src/Formats/NativeWriter.cpp.)
    ///
    /// - Throws: `ClickHouseProtocolError` `.mismatch`, naming the column, where values do not fit their column's type.
    public func encode(into writer: inout ByteWriter, revision: Revision) throws(ClickHouseProtocolError) {
        writer.writeVarint(1)
        writer.writeByte(0)  // no overflow
        writer.writeVarint(2)
        writer.writeLittleEndian(Int32(-1))  // no bucket
        if revision.has(.outOfOrderBuckets) {
            writer.writeVarint(3)
            writer.writeVarint(0)
        }
        writer.writeVarint(0)
        writer.writeVarint(UInt64(columns.count))
        writer.writeVarint(UInt64(rowCount))
        for column in columns {
            writer.writeText(column.name)
            writer.writeText(column.type.name)
            if revision.has(.customSerialization) { writer.writeByte(0) }
            guard rowCount > 0 else { continue }
            do {
                column.data.encodePrefix(as: column.type, into: &writer, revision: revision)
                try column.data.encodeValues(as: column.type, into: &writer, revision: revision)
            } catch {
                throw error.within("column `\(column.name)`")
            }
        }
    }

    /// The block as a table takes it whose columns are those of `sample`, in its order: every column is there once, and
    /// its values fit, some of them brought into another form.
    ///
    /// - Throws: `ClickHouseProtocolError` `.mismatch`, naming the column and both types.
    public func fitted(to sample: Block) throws(ClickHouseProtocolError) -> Block {
        var fitted: [Column] = []
        for wanted in sample.columns {
            guard let column = self[wanted.name] else {
                throw ClickHouseProtocolError(
                    .mismatch, "column `\(wanted.name)` is missing: the table has it as \(wanted.type)")
            }
            guard let values = column.data.fitted(to: wanted.type) else {
                throw column.data.misfit(wanted.type).within("column `\(wanted.name)`")
            }
            guard column.type.means(wanted.type) else {
                throw ClickHouseProtocolError(
                    .mismatch,
                    "column `\(wanted.name)`: \(column.type) values mean something else in the type \(wanted.type)")
            }
            fitted.append(Column(name: wanted.name, type: values.type, data: values.data))
        }
        if columns.count != sample.columns.count {
            for column in columns where sample.index(of: column.name) == nil {
                throw ClickHouseProtocolError(
                    .mismatch, "column `\(column.name)` is not one of those that the table asks for")
            }
            throw ClickHouseProtocolError(.mismatch, "a column is there twice")
        }
        return Block(unchecked: fitted, rowCount: rowCount)
    }
}
