public import Bytes

/// Takes the sizes out from between packets' bytes: each chunk has 4 bytes of size before it, and a size of 0 ends a
/// packet. (ClickHouse: src/IO/ReadBufferFromPocoSocketChunked.cpp.)
struct Dechunker {
    /// The packets' bytes.
    let plain = ReceiveBuffer()

    private var missing = 0
    private var isInPacket = false

    /// Whether all that has come of packets was read; the size that ends the last one may still be on its way.
    var isBetweenPackets: Bool { missing == 0 && plain.isEmpty }

    /// Takes all that waits in `buffer`.
    mutating func read(from buffer: ReceiveBuffer) throws(ClickHouseProtocolError) {
        while true {
            if missing == 0 {
                let span = buffer.span
                var reader = ByteReader(span)
                guard let size = reader.partialInteger(UInt32.self) else { return }
                buffer.consume(4)
                guard size > 0 || isInPacket else {
                    throw ClickHouseProtocolError(.malformed, "a packet without bytes")
                }
                isInPacket = size > 0
                missing = Int(size)
            } else {
                let count = min(missing, buffer.count)
                guard count > 0 else { return }
                plain.append(buffer.span.extracting(first: count))
                buffer.consume(count)
                missing -= count
            }
        }
    }
}

/// Puts a packet's bytes into one chunk.
public enum Chunk {
    /// Begins a chunk; its bytes are to be written behind it.
    ///
    /// - Returns: where it begins, for `end`.
    public static func begin(_ writer: inout ByteWriter) -> Int {
        writer.writeLittleEndian(UInt32(0))
        return writer.count
    }

    /// Ends the chunk, and the packet.
    public static func end(_ writer: inout ByteWriter, from start: Int) {
        writer.patchLittleEndian(UInt32(writer.count - start), at: start - 4)
        writer.writeLittleEndian(UInt32(0))
    }
}
