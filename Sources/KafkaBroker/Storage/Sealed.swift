import Bytes
import KafkaProtocol

/// A small file's form: a version, the payload's length and checksum, the payload.
///
/// What does not check is treated as not there: such files are either put in place whole, or can be made again.
enum Sealed {
    /// The payload with its envelope.
    static func seal(version: UInt32, _ payload: ByteSlice) -> ByteSlice {
        var writer = ByteWriter(capacity: payload.count + 12)
        writer.writeBigEndian(version)
        writer.writeBigEndian(UInt32(payload.count))
        writer.writeBigEndian(CRC32C.checksum(payload.span))
        writer.write(payload)
        return writer.finish()
    }

    /// The payload, or nil where the bytes are no envelope of that version, whole and sound.
    static func open(version: UInt32, _ bytes: ByteSlice) -> ByteSlice? {
        guard bytes.count >= 12 else { return nil }
        var reader = ByteReader(bytes)
        guard let found: UInt32 = try? reader.readBigEndian(), found == version,
            let length: UInt32 = try? reader.readBigEndian(), Int(length) == bytes.count - 12,
            let checksum: UInt32 = try? reader.readBigEndian()
        else { return nil }
        let payload = bytes.suffix(from: 12)
        return CRC32C.checksum(payload.span) == checksum ? payload : nil
    }
}

extension ByteWriter {
    /// Writes a text with its length before it.
    mutating func writeText(_ text: String) {
        writeVarint(UInt64(text.utf8.count))
        write(text)
    }
}

extension ByteReader {
    /// Reads a text with its length before it.
    @_lifetime(self: copy self)
    mutating func readText(_ what: StaticString) throws(ByteError) -> String {
        let length = try readVarint32(what)
        return try readString(Int(length), what)
    }

    /// Reads how many entries follow, each of at least `size` bytes.
    @_lifetime(self: copy self)
    mutating func readCount(_ what: StaticString, size: Int = 1) throws(ByteError) -> Int {
        let count = Int(try readVarint32(what))
        guard count <= remaining / size else { throw ByteError(.limit, what, at: position) }
        return count
    }
}

extension KafkaUUID {
    func write(to writer: inout ByteWriter) {
        writer.writeBigEndian(high)
        writer.writeBigEndian(low)
    }

    init(from reader: inout ByteReader) throws(ByteError) {
        let high: UInt64 = try reader.readBigEndian()
        self.init(high: high, low: try reader.readBigEndian())
    }
}
