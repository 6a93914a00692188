public import Bytes

/// A block from the client: rows of an INSERT, an external table, or, without columns, the end of either.
/// (ClickHouse: `Connection::sendData` in src/Client/Connection.cpp.)
public enum DataPacket {
    /// Writes a packet.
    ///
    /// - Parameters:
    ///   - block: the block.
    ///   - table: the external table's name; empty for rows of an INSERT.
    ///   - method: how the block is packed; nil where the query said that blocks are not.
    ///   - scratch: memory for the block before it is packed; what it held is lost.
    /// - Throws: `ClickHouseProtocolError` `.mismatch`, naming the column, where values do not fit their type. Nothing
    ///   is written then.
    public static func encode(
        _ block: Block, table: String = "", method: CompressedFrame.Method?, revision: Revision,
        scratch: inout ByteWriter, into writer: inout ByteWriter
    ) throws(ClickHouseProtocolError) {
        let start = writer.count
        writer.writeVarint(ClientPacketKind.data.rawValue)
        writer.writeText(table)
        do {
            if let method {
                scratch.removeAll()
                try block.encode(into: &scratch, revision: revision)
                try CompressedFrame.write(scratch.span, method, into: &writer)
            } else {
                try block.encode(into: &writer, revision: revision)
            }
        } catch {
            writer.truncate(to: start)
            throw error
        }
    }
}
