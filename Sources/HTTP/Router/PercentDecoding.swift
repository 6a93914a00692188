import Bytes

/// Decodes percent-encoding (RFC 3986, section 2.1).
enum PercentDecoding {
    /// The decoded bytes, in place where nothing is encoded; nil where an encoding is none, or the result is no UTF-8.
    ///
    /// - Parameter plusIsSpace: Whether a plus stands for a space, as it does in forms and queries.
    static func decode(_ bytes: ByteSlice, plusIsSpace: Bool = false) -> ByteSlice? {
        let span = bytes.span
        guard
            span.firstIndex(of: UInt8(ascii: "%")) != nil
                || plusIsSpace && span.firstIndex(of: UInt8(ascii: "+")) != nil
        else { return bytes }
        var writer = ByteWriter(capacity: bytes.count)
        var at = 0
        while at < span.byteCount {
            let byte = span.at(at)
            if byte == UInt8(ascii: "%") {
                guard at + 2 < span.byteCount, let high = span.at(at + 1).hexadecimalValue,
                    let low = span.at(at + 2).hexadecimalValue
                else {
                    return nil
                }
                writer.writeByte(high << 4 | low)
                at += 3
            } else {
                writer.writeByte(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
                at += 1
            }
        }
        let decoded = writer.finish()
        return decoded.utf8 == nil ? nil : decoded
    }
}
