public import Bytes

/// A block from the client: rows of an INSERT, an external table, or, without columns, the end of either.
/// (ClickHouse: `Connection::sendData` in src/Client/Connection.cpp.)
public enum DataPacket {
    /// Writes a packet.
    ///
    /// - Parameters:
    ///   - block: the block.
    ///   - table: the external table's name; empty for rows of an INSERT.
    ///   - compressor: packs the block; nil where the query said that blocks are not.
    /// - Throws: `ClickHouseProtocolError` `.mismatch`, naming the column, where values do not fit their type. Nothing
    ///   is written then.
    public static func encode(
        _ block: Block, table: String = "", compressor: FrameCompressor?, revision: Revision,
        into writer: inout ByteWriter
    ) throws(ClickHouseProtocolError) {
        let start = writer.count
        writer.writeVarint(ClientPacketKind.data.rawValue)
        writer.writeText(table)
        do {
            if let compressor {
                try compressor.write(block, revision: revision, into: &writer)
            } else {
                try block.encode(into: &writer, revision: revision)
            }
        } catch {
            writer.truncate(to: start)
            throw error
        }
    }
}
