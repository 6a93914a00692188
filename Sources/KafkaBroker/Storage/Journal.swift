import Bytes

/// A file to which small entries are appended, each with its length and checksum; what a crash tore is cut off when it
/// is opened, and a writer that finds most of it out of date puts a fresh one in its place.
///
/// Not safe for two callers at once: whoever owns it takes turns.
final class Journal: Sendable {
    let file: File

    private init(file: File) { self.file = file }

    /// Opens the journal, calls `body` with each entry in order, and cuts off what is not whole behind them.
    ///
    /// - Returns: The journal, how many bytes its whole entries take, and how many bytes were cut off.
    static func open(
        _ path: String, _ body: (ByteSlice) throws(ByteError) -> Void
    ) throws(BrokerError) -> (journal: Journal, size: Int, cut: Int) {
        let file = try File(path: path, create: true)
        let bytes = try file.read(try file.size(), at: 0)
        var reader = ByteReader(bytes)
        var whole = 0
        do throws(ByteError) {
            while !reader.isAtEnd {
                let length: UInt32 = try reader.readBigEndian()
                let checksum: UInt32 = try reader.readBigEndian()
                let payload = try reader.readSlice(Int(length), "a journal's entry")
                guard length > 0, CRC32C.checksum(payload.span) == checksum else { break }
                try body(payload)
                whole = reader.position
            }
        } catch {
            // The end of the bytes, or an entry that this version cannot read: what stands before it counts.
        }
        if whole < bytes.count { try file.truncate(to: whole) }
        return (Journal(file: file), whole, bytes.count - whole)
    }

    /// An entry's bytes as they stand in the file.
    static func frame(_ payload: ByteSlice, into writer: inout ByteWriter) {
        writer.writeBigEndian(UInt32(payload.count))
        writer.writeBigEndian(CRC32C.checksum(payload.span))
        writer.write(payload)
    }

    /// Writes framed entries at the journal's end; what a fault left half written is cut off again.
    func append(_ framed: ByteSlice, at size: Int, sync: Bool) throws(BrokerError) {
        do {
            try file.write(framed, at: size)
            if sync { try file.sync() }
        } catch {
            try file.truncate(to: size)
            throw error
        }
    }

    /// Puts a journal that holds only these framed entries in this one's place.
    func replaced(with framed: ByteSlice) throws(BrokerError) -> Journal {
        try Folder.replace(file.path, with: framed)
        return Journal(file: try File(path: file.path))
    }
}
