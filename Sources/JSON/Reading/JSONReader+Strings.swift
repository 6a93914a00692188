import Bytes

extension JSONReader {
    /// Validates the string whose first byte behind the quote is at `start`; gives the closing quote's offset and
    /// whether there are escapes in it.
    func scanString(from start: Int) throws(JSONError) -> (end: Int, hasEscapes: Bool) {
        var at = start
        var hasEscapes = false
        while true {
            at = bytes.firstSpecialByte(from: at)
            guard at < bytes.byteCount else { throw truncated() }
            let byte = byte(at)
            if byte == UInt8(ascii: "\"") { return (at, hasEscapes) }
            if byte >= 0x80 {
                repeat {
                    let length = bytes.utf8SequenceLength(at: at)
                    guard length > 0 || !checksText else { throw invalidText(at: at) }
                    at &+= max(length, 1)
                } while at < bytes.byteCount && self.byte(at) >= 0x80
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                at = try skipEscape(at: at)
            } else {
                throw failure(.syntax, "a control character must be escaped in a string", at: at)
            }
        }
    }

    /// The offset behind the escape at `start`; a surrogate pair is one.
    private func skipEscape(at start: Int) throws(JSONError) -> Int {
        guard start + 1 < bytes.byteCount else { throw truncated(from: start) }
        switch byte(start + 1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            break
        default:
            throw failure(.syntax, "no such escape in a string", at: start)
        }
        let first = try hexadecimal(at: start)
        guard first & 0xf800 == 0xd800, checksText else { return start + 6 }
        guard first < 0xdc00 else { throw loneSurrogate(at: start) }
        let second = start + 6
        guard second + 1 < bytes.byteCount else { throw truncated(from: start) }
        guard byte(second) == UInt8(ascii: "\\"), byte(second + 1) == UInt8(ascii: "u") else {
            throw loneSurrogate(at: start)
        }
        guard try hexadecimal(at: second) & 0xfc00 == 0xdc00 else { throw loneSurrogate(at: start) }
        return second + 6
    }

    /// The value of the four digits of the `\u` escape at `start`.
    private func hexadecimal(at start: Int) throws(JSONError) -> UInt32 {
        guard start + 6 <= bytes.byteCount else { throw truncated(from: start) }
        guard let value = bytes.hexadecimal(at: start + 2) else {
            throw failure(.syntax, "four hexadecimal digits must follow \\u", at: start)
        }
        return value
    }

    @inline(never)
    private func loneSurrogate(at offset: Int) -> JSONError {
        failure(.encoding, "half a surrogate pair in a string", at: offset)
    }

    /// The bytes at `offset` are no UTF-8, or end in the middle of a character.
    @inline(never)
    private func invalidText(at offset: Int) -> JSONError {
        failure(.encoding, "invalid UTF-8 in a string", at: offset)
    }
}
