public import Bytes

extension ByteWriter {
    /// Writes a JSON string, quotes and all.
    public mutating func writeJSONString(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            // The buffer is valid inside this closure.
            unsafe writeJSONString(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(utf8)))
        }
    }

    /// Writes a JSON string, quotes and all, from text in UTF-8; what is not UTF-8 in it becomes U+FFFD, so that the
    /// document stays valid whatever comes.
    public mutating func writeJSONString(_ utf8: RawSpan) {
        reserve(utf8.byteCount + 2)
        writeByte(UInt8(ascii: "\""))
        var copied = 0
        var at = utf8.firstSpecialByte(from: 0)
        while at < utf8.byteCount {
            let byte = utf8[at]
            let length = byte < 0x80 ? 0 : utf8.utf8SequenceLength(at: at)
            if length == 0 {
                write(utf8.extracting(copied..<at))
                if byte < 0x80 { writeEscape(byte) } else { write(literal: "\u{fffd}") }
                copied = at + 1
            }
            at = utf8.firstSpecialByte(from: at + max(length, 1))
        }
        write(utf8.extracting(copied..<utf8.byteCount))
        writeByte(UInt8(ascii: "\""))
    }

    private mutating func writeEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): write(literal: "\\\"")
        case UInt8(ascii: "\\"): write(literal: "\\\\")
        case 0x08: write(literal: "\\b")
        case 0x09: write(literal: "\\t")
        case 0x0a: write(literal: "\\n")
        case 0x0c: write(literal: "\\f")
        case 0x0d: write(literal: "\\r")
        default:
            write(literal: "\\u00")
            writeHexadecimal(UInt64(byte), digits: 2)
        }
    }

    /// Writes the shortest number that reads back as the same Double, `null` for not a number and the infinities.
    public mutating func writeJSONNumber(_ value: Double) {
        guard value.isFinite else { return write(literal: "null") }
        writeShortest(value)
    }

    /// Writes the shortest number that reads back as the same Float, `null` for not a number and the infinities.
    public mutating func writeJSONNumber(_ value: Float) {
        guard value.isFinite else { return write(literal: "null") }
        writeShortest(value)
    }

    private mutating func writeShortest(_ value: some TextOutputStreamable) {
        var digits = Digits()
        value.write(to: &digits)
        // The standard library writes 12.0 for what JSON writes 12.
        let count = digits.count
        let isWhole = count > 2 && digits.bytes[count - 2] == UInt8(ascii: ".") && digits.bytes[count - 1] == 0x30
        write(upTo: 32) { target in
            for index in 0..<count { target[index] = digits.bytes[index] }
            return isWhole ? count - 2 : count
        }
    }
}

/// Takes a float's digits without making a `String`.
private struct Digits: TextOutputStream {
    var bytes: [32 of UInt8] = .init(repeating: 0)
    var count = 0

    mutating func write(_ text: String) {
        for byte in text.utf8 { append(byte) }
    }

    /// What the standard library calls with ASCII, where a stream has it.
    mutating func _writeASCII(_ buffer: UnsafeBufferPointer<UInt8>) {
        for byte in buffer { append(byte) }
    }

    // No float's shortest form has more than 24 characters.
    private mutating func append(_ byte: UInt8) {
        guard count < bytes.count else { return }
        bytes[count] = byte
        count += 1
    }
}
