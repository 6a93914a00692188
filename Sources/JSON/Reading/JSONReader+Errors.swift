import Bytes

extension JSONReader {
    /// An error about the value or the key at `offset`, with the path of the field that holds it: for what a caller
    /// finds wrong in what was read.
    @inline(never)
    public func failure(_ code: JSONError.Code, _ message: String, at offset: Int) -> JSONError {
        JSONError(code, message, at: offset, path: path(to: offset))
    }

    /// The document ends too early. Where that is inside an escape, `start` says where this one begins: what follows it
    /// was not validated, and no path leads there.
    @inline(never)
    func truncated(from start: Int? = nil) -> JSONError {
        let message = bytes.isEmpty ? "no JSON value" : "the JSON ends too early"
        return JSONError(.truncated, message, at: bytes.byteCount, path: path(to: start ?? bytes.byteCount))
    }

    @inline(never)
    func noValue(at offset: Int) -> JSONError {
        if offset == 0, bytes.byteCount >= 3, byte(0) == 0xef, byte(1) == 0xbb, byte(2) == 0xbf {
            return failure(.encoding, "a byte-order mark must not stand before the JSON", at: 0)
        }
        return failure(.syntax, "a JSON value must stand here", at: offset)
    }

    @inline(never)
    func noComma(closing: UInt8, at offset: Int) -> JSONError {
        failure(.syntax, "a comma or \(Unicode.Scalar(closing)) must follow the value", at: offset)
    }

    @inline(never)
    func wrongType(_ wanted: JSONKind, found: JSONKind) -> JSONError {
        failure(.type, "must be \(wanted), not \(found)", at: position)
    }

    @inline(never)
    func tooDeep(at offset: Int) -> JSONError {
        failure(.depth, "more than \(maximumDepth) objects and arrays in one another", at: offset)
    }

    /// The path of the field that holds the byte at `offset`, found by going through the document again: errors are
    /// rare, so that nothing need be kept for them. All before `offset` was validated.
    private func path(to offset: Int) -> String {
        guard checksText else { return "" }
        var steps: [Step] = []
        var at = 0
        while at < offset {
            switch byte(at) {
            case UInt8(ascii: "{"): steps.append(.object(key: nil))
            case UInt8(ascii: "["): steps.append(.array(index: 0))
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = steps.popLast()
            case UInt8(ascii: ","):
                switch steps.popLast() {
                case .array(let index): steps.append(.array(index: index + 1))
                case .object: steps.append(.object(key: nil))
                case nil: break
                }
            case UInt8(ascii: "\""):
                let start = at + 1
                at = endOfString(from: start, before: offset)
                guard at < offset else { return description(steps) }
                if case .object(nil) = steps.last { steps[steps.count - 1] = .object(key: start..<at) }
            default: break
            }
            at += 1
        }
        return description(steps)
    }

    private enum Step {
        case object(key: Range<Int>?)
        case array(index: Int)
    }

    private func endOfString(from start: Int, before end: Int) -> Int {
        var at = start
        while at < end, byte(at) != UInt8(ascii: "\"") { at += byte(at) == UInt8(ascii: "\\") ? 2 : 1 }
        return at
    }

    private func description(_ steps: [Step]) -> String {
        var path = ""
        // A path is for people: they need its beginning, and messages stay short whatever a peer sends.
        for step in steps where path.utf8.count < 200 {
            switch step {
            case .object(key: nil): break
            case .object(key: let key?):
                let raw = bytes.extracting(unchecked: key)
                let text = JSONString(raw: raw, hasEscapes: raw.firstIndex(of: UInt8(ascii: "\\")) != nil).text
                path += (path.isEmpty ? "" : ".") + text.prefix(64)
            case .array(let index): path += "[\(index)]"
            }
        }
        return path
    }
}
