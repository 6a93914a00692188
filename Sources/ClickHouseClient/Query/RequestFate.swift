/// What a request may have brought about, as far as that can be told from what was sent and what came back.
///
/// A SELECT may be sent again whatever became of it. Anything else may have had an effect from the moment on when the
/// first byte that matters was handed to the system: then nobody knows, unless the server says that it was done, or that it
/// was refused before it began.
struct RequestFate {
    enum Kind {
        /// It changes nothing.
        case reading
        /// Its text says what to change.
        case statement
        /// An INSERT whose rows come behind it: of no rows it has no effect.
        case insert
    }

    let kind: Kind

    /// Whether something that may have an effect was handed over, or was about to be.
    private(set) var isSent = false

    /// Why it failed; what fails later is a consequence of it.
    private(set) var failure: ClickHouseError?

    init(_ kind: Kind) { self.kind = kind }

    /// The kind of a query without rows behind it.
    init(text: String) { self.init(Self.onlyReads(text) ? .reading : .statement) }

    /// The query is about to be sent.
    mutating func willSendQuery() { if kind == .statement { isSent = true } }

    /// Rows are about to be sent.
    mutating func willSendRows() { if kind == .insert { isSent = true } }

    /// Takes a failure in.
    ///
    /// - Returns: the error to throw: the first failure, saying whether the request may have had an effect.
    mutating func fail(_ error: ClickHouseError) -> ClickHouseError {
        if let failure { return failure }
        let judged = judge(error)
        failure = judged
        return judged
    }

    private func judge(_ error: ClickHouseError) -> ClickHouseError {
        guard isSent else { return error }
        if kind == .statement, let number = error.serverCode, ServerErrorCode(number).isRefusal { return error }
        return error.withUnknownOutcome
    }

    /// Whether a query's text is of a kind that changes nothing. What is not known to be so may change something.
    static func onlyReads(_ text: String) -> Bool {
        guard let word = firstWord(text[...]) else { return false }
        switch word.uppercased() {
        case "SELECT", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS": return true
        // Before a SELECT, as a rule.
        case "WITH": return !words(text).contains { $0.uppercased() == "INSERT" }
        default: return false
        }
    }

    /// The first word of a query, behind comments and parentheses.
    static func firstWord(_ text: Substring) -> Substring? {
        var rest = text
        while let first = rest.first {
            if first.isWhitespace || first == "(" {
                rest = rest.dropFirst()
            } else if rest.hasPrefix("--") || first == "#" {
                rest = rest.drop { !$0.isNewline }
            } else if rest.hasPrefix("/*") {
                rest = rest.dropFirst(2)
                while !rest.isEmpty, !rest.hasPrefix("*/") { rest = rest.dropFirst() }
                rest = rest.dropFirst(2)
            } else {
                let word = rest.prefix { $0.isLetter }
                return word.isEmpty ? nil : word
            }
        }
        return nil
    }

    private static func words(_ text: String) -> [Substring] {
        text.split { !$0.isLetter && $0 != "_" }
    }
}
