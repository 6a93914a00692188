import EventStore
import Events
import HTTP

extension EventFilter {
    /// The most words, and the most conditions on metadata, that a request may have, and the most keys to a path.
    static let (mostWords, mostConditions, mostKeys) = (64, 32, 32)

    /// The filters in a query.
    ///
    /// - Throws: `HTTPError` 400 that names the parameter which is wrong.
    init(_ query: HTTPQuery) throws(HTTPError) {
        self.init()
        conversationID = try query.text("conversation_id")
        for (name, value) in try query.pairs({ $0 == "event_name" }) {
            guard !value.isEmpty else { throw HTTPError(.badRequest, "\(name) must not be empty") }
            eventNames.insert(value)
        }
        if let text = try query.text("error") {
            guard text == "true" || text == "false" else {
                throw HTTPError(.badRequest, "error must be true or false, not '\(String(text.prefix(32)))'")
            }
            hasError = text == "true"
        }
        minimumLatency = try query.milliseconds("latency_min")
        maximumLatency = try query.milliseconds("latency_max")
        from = try query.time("from")
        to = try query.time("to")
        if let text = try query.text("q") { words = try Self.words(text) }
        metadata = try Self.metadata(query)
    }

    private static func words(_ text: String) throws(HTTPError) -> Set<String> {
        let words = text.unicodeScalars.split { $0.properties.isWhitespace }
        guard !words.isEmpty else { throw HTTPError(.badRequest, "q must hold a word") }
        guard words.count <= mostWords else { throw HTTPError(.badRequest, "q must hold at most \(mostWords) words") }
        return Set(words.map { String($0) })
    }

    private static func metadata(_ query: HTTPQuery) throws(HTTPError) -> Set<Metadata> {
        var conditions: [[String]: String] = [:]
        for (name, value) in try query.pairs({ $0.hasPrefix("metadata.") }) {
            guard let path = path(name.dropFirst("metadata.".count)), path.count <= mostKeys else {
                throw HTTPError(
                    .badRequest,
                    "\(String(name.prefix(200))): must be keys with dots between them, a key with a dot in backquotes")
            }
            guard !value.isEmpty else { throw HTTPError(.badRequest, "\(name) must not be empty") }
            guard conditions.updateValue(value, forKey: path) == nil else {
                throw HTTPError(.badRequest, "\(name) is given twice")
            }
        }
        guard conditions.count <= mostConditions else {
            throw HTTPError(.badRequest, "metadata: at most \(mostConditions) conditions may be given")
        }
        return Set(conditions.map { Metadata(path: $0.key, value: $0.value) })
    }

    /// The keys of a path: dots part them but inside backquotes, where a backquote is written twice. Nil where a key is
    /// empty without backquotes, or a backquote has no other.
    static func path(_ text: Substring) -> [String]? {
        var keys: [String] = []
        var rest = text.unicodeScalars[...]
        while true {
            var key = String.UnicodeScalarView()
            if rest.first == "`" {
                rest.removeFirst()
                var isClosed = false
                while let scalar = rest.popFirst() {
                    if scalar == "`" {
                        guard rest.first == "`" else {
                            isClosed = true
                            break
                        }
                        rest.removeFirst()
                    }
                    key.append(scalar)
                }
                guard isClosed, rest.isEmpty || rest.first == "." else { return nil }
            } else {
                while let scalar = rest.first, scalar != "." {
                    key.append(scalar)
                    rest.removeFirst()
                }
                guard !key.isEmpty else { return nil }
            }
            keys.append(String(key))
            guard rest.popFirst() != nil else { return keys }
        }
    }
}

extension HTTPQuery {
    /// A number of milliseconds, nothing less than zero.
    fileprivate func milliseconds(_ name: String) throws(HTTPError) -> Double? {
        guard let text = try text(name) else { return nil }
        let letters = Set("0123456789.eE+-".utf8)
        guard text.utf8.allSatisfy(letters.contains), let value = Double(text), value.isFinite, value >= 0 else {
            throw HTTPError(.badRequest, "\(name) must be a number of at least 0, not '\(String(text.prefix(32)))'")
        }
        return value
    }

    /// A moment; one between two milliseconds is the later of them, as events are at whole ones.
    fileprivate func time(_ name: String) throws(HTTPError) -> Timestamp? {
        guard var text = try text(name) else { return nil }
        // The plus of an offset is a space in a query, unless it is encoded; no time has one there.
        if text.utf8.count > 6, text.utf8[text.utf8.index(text.utf8.endIndex, offsetBy: -6)] == UInt8(ascii: " ") {
            text = text.dropLast(6) + "+" + text.suffix(5)
        }
        guard let time = Timestamp(text) else {
            throw HTTPError(
                .badRequest,
                "\(name) must be a time such as 2026-01-09T12:34:56.789Z (RFC 3339), not '\(String(text.prefix(40)))'")
        }
        let fraction = text.drop { $0 != "." }.dropFirst().prefix { $0.isNumber }
        let isBetween = fraction.dropFirst(3).contains { $0 != "0" }
        // What no event can have is as good as the first or the last moment that one can.
        return min(
            max(Timestamp(milliseconds: time.milliseconds + (isBetween ? 1 : 0)), Timestamp.storable.lowerBound),
            Timestamp.storable.upperBound)
    }
}
