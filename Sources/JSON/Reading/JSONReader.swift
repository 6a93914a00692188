import Bytes

/// Reads a JSON document (RFC 8259) front to back in one pass: whatever was read or skipped has been validated, and
/// `finish()` checks that nothing follows. No tree is made; strings and numbers come as views of the document.
///
///     var reader = JSONReader(body)
///     try reader.beginObject()
///     while let key = try reader.nextKey() {
///         if key.is("id") { id = try reader.readString().text } else { try reader.skip() }
///     }
///     try reader.finish()
///
/// Stricter than some: no byte-order mark, no half surrogate pairs, no nesting deeper than the limit.
public struct JSONReader: ~Escapable {
    /// The document.
    let bytes: RawSpan

    /// How many bytes were read.
    public internal(set) var position = 0

    /// How deep objects and arrays may stand in one another.
    let maximumDepth: Int

    /// Whether strings must be text; where they need not, errors have no path.
    let checksText: Bool

    /// How many objects and arrays are open.
    var depth = 0

    /// Whether the innermost open object or array has given nothing yet, so that no comma is due.
    var isFresh = false

    /// Reads a document.
    ///
    /// - Parameters:
    ///   - bytes: The whole document.
    ///   - maximumDepth: How deep objects and arrays may stand in one another; 512 at most.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan, maximumDepth: Int = 64) {
        self.bytes = bytes
        self.maximumDepth = min(max(maximumDepth, 1), 512)
        checksText = true
    }

    /// Looks, with `skim()`, for where a document's values end, from where another reader of it was; whether keys and
    /// strings are text is not looked at. Errors have no path.
    @_lifetime(copy bytes)
    public init(skimming bytes: RawSpan, from place: Place = Place()) {
        self.bytes = bytes
        position = min(place.position, bytes.byteCount)
        depth = place.depth
        isFresh = place.isFresh
        maximumDepth = 512
        checksText = false
    }

    /// Where a reader is: what is kept of it while a task waits.
    public struct Place: Sendable {
        fileprivate var position = 0
        fileprivate var depth = 0
        fileprivate var isFresh = false

        /// The document's beginning.
        public init() {}
    }

    /// Where it is.
    public var place: Place {
        var place = Place()
        place.position = position
        place.depth = depth
        place.isFresh = isFresh
        return place
    }

    // MARK: Objects and arrays

    /// Reads the `{` that begins an object; `nextKey()` then gives its keys.
    ///
    /// - Throws: `JSONError` `.type` where another value stands there.
    @_lifetime(self: copy self)
    public mutating func beginObject() throws(JSONError) {
        try begin(.object)
    }

    /// Reads the next key and its colon; the value must be read or skipped before the next call. After the last one it
    /// reads the `}` and gives nil.
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func nextKey() throws(JSONError) -> JSONString? {
        guard try moveToNext(closing: UInt8(ascii: "}")) else { return nil }
        guard byte(position) == UInt8(ascii: "\"") else {
            throw failure(.syntax, "a key must be a string in double quotes", at: position)
        }
        let start = position + 1
        let (end, hasEscapes) = try scanString(from: start)
        position = try skipWhitespace(from: end + 1)
        guard byte(position) == UInt8(ascii: ":") else {
            throw failure(.syntax, "a colon must follow the key", at: position)
        }
        position += 1
        return JSONString(raw: bytes.extracting(unchecked: start..<end), hasEscapes: hasEscapes)
    }

    /// Reads the `[` that begins an array; `nextElement()` then tells whether there are values.
    ///
    /// - Throws: `JSONError` `.type` where another value stands there.
    @_lifetime(self: copy self)
    public mutating func beginArray() throws(JSONError) {
        try begin(.array)
    }

    /// Whether another element follows, which must be read or skipped before the next call; after the last one it reads
    /// the `]` and gives false.
    @_lifetime(self: copy self)
    public mutating func nextElement() throws(JSONError) -> Bool {
        try moveToNext(closing: UInt8(ascii: "]"))
    }

    /// Checks that nothing but white space follows the value.
    @_lifetime(self: copy self)
    public mutating func finish() throws(JSONError) {
        var at = position
        while at < bytes.byteCount {
            guard isWhitespace(byte(at)) else {
                throw failure(.syntax, "nothing may follow the JSON value", at: at)
            }
            at += 1
        }
        position = at
    }

    @_lifetime(self: copy self)
    private mutating func begin(_ wanted: JSONKind) throws(JSONError) {
        let kind = try peek()
        guard kind == wanted else { throw wrongType(wanted, found: kind) }
        guard depth < maximumDepth else { throw tooDeep(at: position) }
        depth += 1
        position += 1
        isFresh = true
    }

    /// Moves to the next key or element, past the comma that is due, or past the closing bracket.
    @_lifetime(self: copy self)
    private mutating func moveToNext(closing: UInt8) throws(JSONError) -> Bool {
        position = try skipWhitespace(from: position)
        if byte(position) == closing {
            guard depth > 0 else { throw failure(.syntax, "nothing is open here", at: position) }
            depth -= 1
            position += 1
            isFresh = false
            return false
        }
        if !isFresh {
            guard byte(position) == UInt8(ascii: ",") else { throw noComma(closing: closing, at: position) }
            position = try skipWhitespace(from: position + 1)
            if byte(position) == closing {
                throw failure(.syntax, "a comma must not stand before the closing bracket", at: position)
            }
        }
        isFresh = false
        return true
    }

    // MARK: Steps

    /// The byte at an offset that the caller has checked.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        // Every caller has compared the offset with the count.
        unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    @inline(__always)
    func isWhitespace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }

    /// The offset of the first byte that is no white space.
    ///
    /// - Throws: `JSONError` `.truncated` where there is none.
    @inline(__always)
    func skipWhitespace(from start: Int) throws(JSONError) -> Int {
        var at = start
        while at < bytes.byteCount {
            let byte = byte(at)
            if byte > 0x20 || !isWhitespace(byte) { return at }
            at &+= 1
        }
        throw truncated()
    }
}
