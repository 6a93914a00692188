internal import Bytes

extension ByteWriter {
    /// A text with its length before it. (`writeStringBinary` in ClickHouse's src/IO/WriteHelpers.h.)
    mutating func writeText(_ text: String) {
        writeVarint(UInt64(text.utf8.count))
        write(text)
    }
}
