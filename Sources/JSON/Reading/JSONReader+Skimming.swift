import Bytes

extension JSONReader {
    /// Passes over a value of any kind, however deep: what JSON's grammar says of it is checked (RFC 8259), but strings
    /// may hold invalid UTF-8 and half surrogate pairs. Who reads the value later finds those.
    @_lifetime(self: copy self)
    public mutating func skim() throws(JSONError) {
        var open = OpenBrackets()
        var at = try skipWhitespace(from: position)
        while true {
            // A value begins here.
            switch byte(at) {
            case UInt8(ascii: "{"):
                let next = try skipWhitespace(from: at + 1)
                if byte(next) != UInt8(ascii: "}") {
                    open.push(isObject: true)
                    at = try skipKey(at: next)
                    continue
                }
                at = next + 1
            case UInt8(ascii: "["):
                let next = try skipWhitespace(from: at + 1)
                if byte(next) != UInt8(ascii: "]") {
                    open.push(isObject: false)
                    at = next
                    continue
                }
                at = next + 1
            default:
                at = try skipValue(at: at, depth: 0)
            }
            at = try closeBrackets(from: at, &open)
            if open.isEmpty { break }
        }
        position = at
    }

    /// Goes from the end of a value over the brackets that close behind it, to where the next value begins, or to the end
    /// of the last one that was open.
    private func closeBrackets(from end: Int, _ open: inout OpenBrackets) throws(JSONError) -> Int {
        var at = end
        while !open.isEmpty {
            at = try skipWhitespace(from: at)
            if byte(at) == UInt8(ascii: ",") {
                at = try skipWhitespace(from: at + 1)
                return open.isObject ? try skipKey(at: at) : at
            }
            let closing = open.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
            guard byte(at) == closing else { throw noComma(closing: closing, at: at) }
            open.pop()
            at += 1
        }
        return at
    }
}

/// Which brackets are open, a bit each: a document may be nothing but brackets, and must not take many times its size.
private struct OpenBrackets {
    private var full: [UInt64] = []
    private var last: UInt64 = 0
    private var count = 0

    var isEmpty: Bool { count == 0 }

    /// Whether the innermost is an object's.
    var isObject: Bool { last & 1 == 1 }

    mutating func push(isObject: Bool) {
        if count > 0, count % 64 == 0 { full.append(last) }
        last = last << 1 | (isObject ? 1 : 0)
        count += 1
    }

    mutating func pop() {
        last >>= 1
        count -= 1
        if count > 0, count % 64 == 0 { last = full.popLast() ?? 0 }
    }
}
