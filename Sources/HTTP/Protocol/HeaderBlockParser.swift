import Bytes

/// Parses the header lines of a request, a response or a trailer section, up to the empty line (RFC 9112, section 5).
struct HeaderBlockParser {
    var fields: [HTTPHeaders.Field] = []
    var facts = HeaderFacts()

    /// Forgets the last message's headers, and keeps the memory where nobody else holds it.
    mutating func restart() {
        fields.removeAll(keepingCapacity: true)
        facts = HeaderFacts()
    }

    /// Parses one line that is not empty.
    ///
    /// - Throws: `HTTPError` 400 for what is no header (a folded line, a space before the colon, a control character),
    ///   431 for one too many.
    @inline(__always)
    mutating func parse(_ bytes: RawSpan, _ line: Range<Int>, limit: Int) throws(HTTPError) {
        var colon = line.lowerBound
        while colon < line.upperBound, HTTPCharacters.isToken(bytes.at(colon)) { colon &+= 1 }
        guard colon < line.upperBound, bytes.at(colon) == UInt8(ascii: ":"), colon > line.lowerBound else {
            throw noName(bytes, line, colon)
        }
        let name = line.lowerBound..<colon
        let value = bytes.trimmed((colon &+ 1)..<line.upperBound)
        guard bytes.isHeaderValue(value) else {
            throw HTTPError(.badRequest, "a control character stands in a header")
        }
        guard fields.count < limit else { throw HTTPError(.headerFieldsTooLarge, "more than \(limit) headers") }
        try facts.note(bytes, name: name, value: value)
        fields.append(HTTPHeaders.Field(name: name, value: value))
    }

    @inline(never)
    private func noName(_ bytes: RawSpan, _ line: Range<Int>, _ stop: Int) -> HTTPError {
        let first = bytes.at(line.lowerBound)
        if first == 0x20 || first == 0x09 { return HTTPError(.badRequest, "a header is folded over two lines") }
        if stop < line.upperBound, bytes.at(stop) == 0x20 || bytes.at(stop) == 0x09 {
            return HTTPError(.badRequest, "a space stands in a header's name or before its colon")
        }
        return HTTPError(.badRequest, "a line is no header")
    }
}
