import Bytes

/// The frames that snappy-java writes: a header, then blocks behind their lengths of four bytes.
enum SnappyFrame {
    /// The magic bytes, the version of the format and the oldest version that reads it.
    static let headerByteCount = 16

    /// How many bytes go into a block, as snappy-java has it.
    static let blockByteCount = 32 << 10

    /// Whether the bytes begin with a header.
    static func begins(_ bytes: RawSpan) -> Bool {
        bytes.byteCount >= headerByteCount && bytes.extracting(first: magic.count).holdsSameBytes(as: magic.span.bytes)
    }

    static func writeHeader(into writer: inout ByteWriter) {
        writer.write(magic)
        writer.writeBigEndian(1 as Int32)
        writer.writeBigEndian(1 as Int32)
    }

    private static let magic: [UInt8] = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]
}
