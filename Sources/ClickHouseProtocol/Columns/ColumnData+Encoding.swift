internal import Bytes

extension ColumnData {
    /// Writes what stands before all values, from the outside to the inside.
    func encodePrefix(as type: ColumnType, into writer: inout ByteWriter, revision: Revision) {
        let type = type.withoutAliases
        for family in TypeRegistry.families {
            if family.encodePrefix(self, as: type, into: &writer, revision: revision) { return }
        }
    }

    /// Writes the values.
    ///
    /// - Throws: `ClickHouseProtocolError` `.mismatch` where they are none of the type.
    func encodeValues(
        as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) {
        let plain = type.withoutAliases
        for family in TypeRegistry.families {
            if try family.encode(self, as: plain, into: &writer, revision: revision) { return }
        }
        throw misfit(type)
    }

    func misfit(_ type: ColumnType) -> ClickHouseProtocolError {
        ClickHouseProtocolError(.mismatch, "\(kind) values do not fit the type \(type.name)")
    }

    /// A column of the same kind without rows.
    var withoutRows: ColumnData { gathering([]) }
}
