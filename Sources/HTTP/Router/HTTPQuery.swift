public import Bytes

/// A target's query, `name=value&…`: looked up where it stands. Each wrong value gives a refusal that names it.
public struct HTTPQuery: Sendable {
    private let bytes: ByteSlice

    /// Makes a query of what follows the question mark.
    public init(_ bytes: ByteSlice) { self.bytes = bytes }

    /// The value of that name, decoded; nil where it is not given, empty where it is given without a value.
    ///
    /// - Throws: `HTTPError` 400 where it is given twice, or an encoding is invalid.
    public func value(_ name: String) throws(HTTPError) -> String? {
        let values = try pairs { $0 == name }
        guard values.count <= 1 else { throw HTTPError(.badRequest, "\(name) is given twice") }
        return values.first?.value
    }

    /// The names that are wanted, with their values, decoded, in their order.
    ///
    /// - Throws: `HTTPError` 400 where an encoding is invalid.
    public func pairs(_ isWanted: (String) -> Bool) throws(HTTPError) -> [(name: String, value: String)] {
        var found: [(name: String, value: String)] = []
        let span = bytes.span
        var start = 0
        while start < span.byteCount {
            let end = span.firstIndex(of: UInt8(ascii: "&"), from: start) ?? span.byteCount
            defer { start = end + 1 }
            let pair = span.extracting(start..<end)
            let mark = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.byteCount
            let name = try text(start..<(start + mark), "a name")
            guard isWanted(name) else { continue }
            found.append((name, try text(min(start + mark + 1, end)..<end, name)))
        }
        return found
    }

    private func text(_ range: Range<Int>, _ what: String) throws(HTTPError) -> String {
        guard let decoded = PercentDecoding.decode(bytes.slice(range), plusIsSpace: true), let text = decoded.utf8
        else {
            throw HTTPError(.badRequest, "the query has an invalid percent-encoding in \(what)")
        }
        return text
    }

    /// The text of that name, or nil where it is not given.
    ///
    /// - Throws: `HTTPError` 400 where it is empty, given twice, or badly encoded.
    public func text(_ name: String) throws(HTTPError) -> String? {
        guard let text = try value(name) else { return nil }
        guard !text.isEmpty else { throw HTTPError(.badRequest, "\(name) must not be empty") }
        return text
    }

    /// The text of that name, which must be given.
    ///
    /// - Throws: `HTTPError` 400 where it is missing, empty, given twice, or badly encoded.
    public func requiredText(_ name: String) throws(HTTPError) -> String {
        guard let text = try text(name) else { throw HTTPError(.badRequest, "\(name) is required") }
        return text
    }

    /// The whole number of that name, or nil where it is not given.
    ///
    /// - Throws: `HTTPError` 400 where it is empty, no whole number, or not in `range`, given twice, or badly encoded.
    public func integer(_ name: String, in range: ClosedRange<Int>) throws(HTTPError) -> Int? {
        guard let text = try text(name) else { return nil }
        guard let first = text.utf8.first, first != UInt8(ascii: "+"), let value = Int(text), range.contains(value)
        else {
            let given = String(text.prefix(32))
            throw HTTPError(
                .badRequest,
                "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), not '\(given)'")
        }
        return value
    }
}
