extension ColumnType {
    /// Reads a type's name, as ClickHouse writes it.
    ///
    /// - Throws: `ClickHouseProtocolError` `.unsupportedType`, naming the type, for one that this module does not know.
    public init(parsing name: String) throws(ClickHouseProtocolError) {
        var parser = TypeParser(name)
        self = try parser.type(depth: 0)
        guard parser.isAtEnd else { throw parser.unsupported() }
    }
}

/// Reads type names from left to right.
struct TypeParser {
    private let name: String
    let bytes: [UInt8]
    var position = 0

    /// Types inside one another, past which a name is refused: the stack is not to be filled by a peer.
    private static let deepest = 32

    init(_ name: String) {
        self.name = name
        bytes = Array(name.utf8)
    }

    var isAtEnd: Bool { position == bytes.count }

    func unsupported() -> ClickHouseProtocolError {
        let shown = bytes.count <= 200 ? name : String(decoding: bytes[..<200], as: UTF8.self) + "…"
        return ClickHouseProtocolError(.unsupportedType, "this client does not read or write the type \(shown)")
    }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpaces() {
        while next == UInt8(ascii: " ") { position += 1 }
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpaces()
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(ClickHouseProtocolError) {
        guard take(character) else { throw unsupported() }
    }

    mutating func word() -> String {
        skipSpaces()
        let start = position
        while let byte = next, isWord(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    mutating func number(_ range: ClosedRange<Int>) throws(ClickHouseProtocolError) -> Int {
        skipSpaces()
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
        let digits = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let value = Int(digits), range.contains(value) else { throw unsupported() }
        return value
    }

    /// A text in single quotes, or a name in backquotes.
    mutating func quoted(_ quote: Unicode.Scalar) throws(ClickHouseProtocolError) -> String {
        try expect(quote)
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            if byte == UInt8(ascii: quote) { return String(decoding: text, as: UTF8.self) }
            if byte == UInt8(ascii: "\\"), let escaped = next {
                position += 1
                switch escaped {
                case UInt8(ascii: "n"): text.append(10)
                case UInt8(ascii: "t"): text.append(9)
                case UInt8(ascii: "r"): text.append(13)
                case UInt8(ascii: "0"): text.append(0)
                case UInt8(ascii: "a"): text.append(7)
                case UInt8(ascii: "b"): text.append(8)
                case UInt8(ascii: "v"): text.append(11)
                case UInt8(ascii: "f"): text.append(12)
                case UInt8(ascii: "e"): text.append(27)
                case UInt8(ascii: "x"): text.append(try hexadecimalByte())
                default: text.append(escaped)
                }
            } else {
                text.append(byte)
            }
        }
        throw unsupported()
    }

    /// Two digits.
    mutating func hexadecimalByte() throws(ClickHouseProtocolError) -> UInt8 {
        guard position + 2 <= bytes.count,
            let value = UInt8(String(decoding: bytes[position..<position + 2], as: UTF8.self), radix: 16)
        else { throw unsupported() }
        position += 2
        return value
    }

    mutating func timeZone() throws(ClickHouseProtocolError) -> String {
        try quoted("'")
    }

    mutating func type(depth: Int) throws(ClickHouseProtocolError) -> ColumnType {
        guard depth < Self.deepest else { throw unsupported() }
        skipSpaces()
        let start = position
        let word = self.word()
        guard let family = TypeRegistry.byWord[word] else { throw unsupported() }
        return try family.parse(word, &self, start: start, depth: depth)
    }

    /// What was read since `start`.
    func text(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

    /// Passes over `sum`, `groupArrayArray(10)`, and so on.
    mutating func skipArgument() throws(ClickHouseProtocolError) {
        var open = 0
        while let byte = next {
            if byte == UInt8(ascii: ","), open == 0 { return }
            if byte == UInt8(ascii: "(") { open += 1 }
            if byte == UInt8(ascii: ")") { open -= 1 }
            guard open >= 0 else { break }
            position += 1
        }
        throw unsupported()
    }

    mutating func cases(
        _ range: ClosedRange<Int>
    ) throws(ClickHouseProtocolError) -> [ColumnType.EnumCase] {
        var cases: [ColumnType.EnumCase] = []
        repeat {
            let name = try quoted("'")
            try expect("=")
            cases.append(.init(name: name, value: Int16(truncatingIfNeeded: try number(range))))
        } while take(",")
        return cases
    }

    mutating func elements(depth: Int) throws(ClickHouseProtocolError) -> [ColumnType.TupleElement] {
        var elements: [ColumnType.TupleElement] = []
        skipSpaces()
        if next == UInt8(ascii: ")") { return elements }
        repeat { elements.append(try element(depth: depth)) } while take(",")
        return elements
    }

    /// `UInt8`, `a UInt8` or `` `a b` UInt8``: what follows the first word tells a name from a type.
    mutating func element(depth: Int) throws(ClickHouseProtocolError) -> ColumnType.TupleElement {
        skipSpaces()
        if next == UInt8(ascii: "`") {
            let name = try quoted("`")
            return .init(name: name, type: try type(depth: depth))
        }
        let start = position
        let word = self.word()
        if next == UInt8(ascii: " ") {
            skipSpaces()
            if let byte = next, isWord(byte) { return .init(name: word, type: try type(depth: depth)) }
        }
        position = start
        return .init(type: try type(depth: depth))
    }
}
