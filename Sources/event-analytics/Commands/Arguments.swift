/// What may follow a command's name, and what did.
struct Arguments: Equatable {
    /// A word that may follow. Whoever leaves it out gets what its help text says.
    struct Operand {
        /// What it is called in the help text.
        var name: String
        var help: String

        /// The words that it may be; nil where it may be any.
        var words: [String]?

        /// Whether more of its kind may follow.
        var repeats = false
    }

    /// A word that begins with two dashes.
    struct Option {
        /// With its dashes.
        var name: String

        /// What its value is called in the help text; nil where it has none.
        var value: String?
        var help: String

        var synopsis: String { value.map { "\(name) \($0)" } ?? name }
    }

    /// The operands, in order.
    private(set) var operands: [String] = []

    /// The options' values by name; empty where an option has none.
    private(set) var options: [String: String] = [:]

    /// Reads what follows a command's name.
    ///
    /// - Throws: `UsageError` that names the argument and what is wrong with it.
    init(_ words: [String], for known: [Operand], options knownOptions: [Option] = []) throws(UsageError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            guard !word.hasPrefix("-") || word == "-" else {
                let name = String(word.prefix { $0 != "=" })
                guard let option = knownOptions.first(where: { $0.name == name }) else {
                    throw UsageError("unknown option '\(name)'")
                }
                guard options[name] == nil else { throw UsageError("\(name) is given twice") }
                let own = word.firstIndex(of: "=").map { String(word[word.index(after: $0)...]) }
                if option.value == nil {
                    guard own == nil else { throw UsageError("\(name) has no value") }
                    options[name] = ""
                } else {
                    guard let value = own ?? rest.popFirst(), !value.isEmpty else {
                        throw UsageError("\(name) wants a value")
                    }
                    options[name] = value
                }
                continue
            }
            guard let operand = operands.count < known.count ? known[operands.count] : known.last(where: \.repeats)
            else {
                throw UsageError("unknown argument '\(word)'")
            }
            if let words = operand.words, !words.contains(word) {
                throw UsageError("\(operand.name) is one of \(words.joined(separator: ", ")), not '\(word)'")
            }
            operands.append(word)
        }
    }
}

/// A command line that cannot be understood.
struct UsageError: Error, Equatable, CustomStringConvertible {
    /// What a program ends with then (EX_USAGE).
    static let status: Int32 = 64

    let problem: String

    /// The command that it was meant for; nil where that is not known.
    var command: Command?

    init(_ problem: String, _ command: Command? = nil) {
        self.problem = problem
        self.command = command
    }

    var description: String { problem }
}
