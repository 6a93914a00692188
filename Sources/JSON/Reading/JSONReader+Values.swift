import Bytes

extension JSONReader {
    /// What kind of value comes next, without reading it.
    @_lifetime(self: copy self)
    public mutating func peek() throws(JSONError) -> JSONKind {
        position = try skipWhitespace(from: position)
        return try kind(at: position)
    }

    /// Reads `null` where it comes next, and tells whether it did.
    @_lifetime(self: copy self)
    public mutating func skipNull() throws(JSONError) -> Bool {
        position = try skipWhitespace(from: position)
        guard byte(position) == UInt8(ascii: "n") else { return false }
        position = try skipLiteral("null", at: position)
        return true
    }

    /// Reads a string.
    ///
    /// - Throws: `JSONError` `.type` where another value stands there.
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func readString() throws(JSONError) -> JSONString {
        position = try skipWhitespace(from: position)
        guard byte(position) == UInt8(ascii: "\"") else { throw wrongType(.string, found: try kind(at: position)) }
        let start = position + 1
        let (end, hasEscapes) = try scanString(from: start)
        position = end + 1
        return JSONString(raw: bytes.extracting(unchecked: start..<end), hasEscapes: hasEscapes)
    }

    /// Reads a number.
    ///
    /// - Throws: `JSONError` `.type` where another value stands there.
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func readNumber() throws(JSONError) -> JSONNumber {
        position = try skipWhitespace(from: position)
        let start = position
        let first = byte(start)
        guard first == UInt8(ascii: "-") || first &- UInt8(ascii: "0") < 10 else {
            throw wrongType(.number, found: try kind(at: start))
        }
        let decimal = try scanNumber(from: start)
        position = decimal.end
        return JSONNumber(raw: bytes.extracting(unchecked: start..<decimal.end), decimal: decimal)
    }

    /// Reads a number as the nearest Double; an infinity where it is past the largest, for the caller to refuse.
    @_lifetime(self: copy self)
    public mutating func readDouble() throws(JSONError) -> Double { try readNumber().double }

    /// Reads a number as the Float nearest to its Double; an infinity where it is past the largest, for the caller to refuse.
    @_lifetime(self: copy self)
    public mutating func readFloat() throws(JSONError) -> Float { try readNumber().float }

    /// Reads `true` or `false`.
    ///
    /// - Throws: `JSONError` `.type` where another value stands there.
    @_lifetime(self: copy self)
    public mutating func readBool() throws(JSONError) -> Bool {
        let kind = try peek()
        guard kind == .bool else { throw wrongType(.bool, found: kind) }
        let value = byte(position) == UInt8(ascii: "t")
        position = try skipLiteral(value ? "true" : "false", at: position)
        return value
    }

    /// Passes over a value of any kind, validating all of it.
    @_lifetime(self: copy self)
    public mutating func skip() throws(JSONError) {
        position = try skipWhitespace(from: position)
        position = try skipValue(at: position, depth: depth)
    }

    /// Passes over a value of any kind, validating all of it, and gives its text as it stands in the document: to copy
    /// it without decoding.
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func readRaw() throws(JSONError) -> RawSpan {
        position = try skipWhitespace(from: position)
        let start = position
        position = try skipValue(at: start, depth: depth)
        return bytes.extracting(unchecked: start..<position)
    }

    // MARK: Steps

    /// The kind of the value that begins at an offset inside the document.
    func kind(at offset: Int) throws(JSONError) -> JSONKind {
        switch byte(offset) {
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        default: throw noValue(at: offset)
        }
    }

    func skipLiteral(_ literal: StaticString, at start: Int) throws(JSONError) -> Int {
        let end = start + literal.utf8CodeUnitCount
        guard end <= bytes.byteCount else {
            let rest = bytes.byteCount - start
            for index in 0..<rest where byte(start + index) != literal.utf8Start[index] { throw noValue(at: start) }
            throw truncated()
        }
        guard bytes.extracting(unchecked: start..<end).holds(literal) else { throw noValue(at: start) }
        return end
    }

    /// The offset behind the value that begins at `start`. Calls itself for what stands inside, as deep as the limit.
    func skipValue(at start: Int, depth: Int) throws(JSONError) -> Int {
        switch byte(start) {
        case UInt8(ascii: "\""): return try scanString(from: start + 1).end + 1
        case UInt8(ascii: "{"): return try skipObject(at: start, depth: depth + 1)
        case UInt8(ascii: "["): return try skipArray(at: start, depth: depth + 1)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try scanNumber(from: start).end
        case UInt8(ascii: "t"): return try skipLiteral("true", at: start)
        case UInt8(ascii: "f"): return try skipLiteral("false", at: start)
        case UInt8(ascii: "n"): return try skipLiteral("null", at: start)
        default: throw noValue(at: start)
        }
    }

    private func skipObject(at start: Int, depth: Int) throws(JSONError) -> Int {
        guard depth <= maximumDepth else { throw tooDeep(at: start) }
        var at = try skipWhitespace(from: start + 1)
        if byte(at) == UInt8(ascii: "}") { return at + 1 }
        while true {
            at = try skipKey(at: at)
            at = try skipWhitespace(from: try skipValue(at: at, depth: depth))
            if byte(at) == UInt8(ascii: "}") { return at + 1 }
            guard byte(at) == UInt8(ascii: ",") else { throw noComma(closing: UInt8(ascii: "}"), at: at) }
            at = try skipWhitespace(from: at + 1)
        }
    }

    /// The offset of the value behind the key and the colon that must stand at `start`.
    func skipKey(at start: Int) throws(JSONError) -> Int {
        guard byte(start) == UInt8(ascii: "\"") else {
            throw failure(.syntax, "a key must be a string in double quotes", at: start)
        }
        let colon = try skipWhitespace(from: try scanString(from: start + 1).end + 1)
        guard byte(colon) == UInt8(ascii: ":") else { throw failure(.syntax, "a colon must follow the key", at: colon) }
        return try skipWhitespace(from: colon + 1)
    }

    private func skipArray(at start: Int, depth: Int) throws(JSONError) -> Int {
        guard depth <= maximumDepth else { throw tooDeep(at: start) }
        var at = try skipWhitespace(from: start + 1)
        if byte(at) == UInt8(ascii: "]") { return at + 1 }
        while true {
            at = try skipWhitespace(from: try skipValue(at: at, depth: depth))
            if byte(at) == UInt8(ascii: "]") { return at + 1 }
            guard byte(at) == UInt8(ascii: ",") else { throw noComma(closing: UInt8(ascii: "]"), at: at) }
            at = try skipWhitespace(from: at + 1)
        }
    }
}
