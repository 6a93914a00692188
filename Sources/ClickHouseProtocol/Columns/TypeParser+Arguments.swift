/// Arguments of types that hold others by more than their place.
extension TypeParser {
    /// `UInt8, String` and so on.
    mutating func types(depth: Int) throws(ClickHouseProtocolError) -> [ColumnType] {
        var types: [ColumnType] = []
        repeat { types.append(try type(depth: depth)) } while take(",")
        guard types.count <= 255 else { throw unsupported() }
        return types
    }

    /// `max_dynamic_paths=8, a.b UInt8, SKIP c, SKIP REGEXP 'd'`: the paths with types.
    mutating func jsonArguments(depth: Int) throws(ClickHouseProtocolError) -> [ColumnType.TupleElement] {
        var paths: [ColumnType.TupleElement] = []
        repeat {
            skipSpaces()
            let start = position
            let word = self.word()
            if word == "SKIP", next == UInt8(ascii: " ") {
                skipSpaces()
                let second = position
                if self.word() == "REGEXP" {
                    skipSpaces()
                    _ = try quoted("'")
                } else {
                    position = second
                    _ = try path()
                }
            } else if word.hasPrefix("max_dynamic_"), take("=") {
                _ = try number(0...Int(Int32.max))
            } else {
                position = start
                let name = try path()
                paths.append(.init(name: name, type: try type(depth: depth)))
            }
        } while take(",")
        return paths
    }

    /// `a.b`, or `` `a b` ``.
    mutating func path() throws(ClickHouseProtocolError) -> String {
        skipSpaces()
        if next == UInt8(ascii: "`") { return try quoted("`") }
        let start = position
        while let byte = next, isWord(byte) || byte == UInt8(ascii: ".") { position += 1 }
        guard position > start else { throw unsupported() }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Passes over a function's name and parameters; false where no argument and no end follows.
    mutating func skipArgumentToEnd() -> Bool {
        var open = 0
        while let byte = next {
            if open == 0, byte == UInt8(ascii: ",") || byte == UInt8(ascii: ")") { return true }
            if byte == UInt8(ascii: "(") { open += 1 }
            if byte == UInt8(ascii: ")") { open -= 1 }
            position += 1
        }
        return false
    }
}
