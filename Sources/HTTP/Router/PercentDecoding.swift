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
                guard at + 2 < span.byteCount, let high = digit(span.at(at + 1)), let low = digit(span.at(at + 2))
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

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }
}
