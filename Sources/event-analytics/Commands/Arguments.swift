/// What may follow a command's name, and what did.
struct Arguments: Equatable {
    /// A word without a dash in front.
    struct Operand {
        /// What it is called in the help text.
        var name: String
        var help: String
        var isRequired = false

        /// The words that it may be; nil for any.
        var words: [String]?
    }

    /// A word with dashes in front.
    struct Option {
        /// With its dashes, `--partitions`.
        var name: String

        /// What its value is called in the help text; nil where it has none.
        var value: String?
        var help: String
    }

    /// What a command takes. Every one takes `--help` and `-h` besides.
    struct Syntax {
        var operands: [Operand] = []
        var options: [Option] = []
    }

    /// The operands, in order.
    private(set) var operands: [String] = []

    /// The options that were given, by name; the empty text where one has no value.
    private(set) var options: [String: String] = [:]

    /// Reads what follows a command's name.
    ///
    /// - Throws: `UsageError` that names the argument and what is wrong with it.
    init(_ words: [String], for syntax: Syntax) throws(UsageError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-"), word != "-" else {
                try add(operand: word, syntax)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let option = syntax.options.first(where: { $0.name == parts[0] }) else {
                throw UsageError("unknown option '\(parts[0])'")
            }
            guard options[option.name] == nil else { throw UsageError("option '\(option.name)' is given twice") }
            if option.value == nil {
                guard parts.count == 1 else { throw UsageError("option '\(option.name)' takes no value") }
                options[option.name] = ""
            } else if parts.count > 1 {
                options[option.name] = parts[1]
            } else if let value = rest.popFirst() {
                options[option.name] = value
            } else {
                throw UsageError("option '\(option.name)' needs a value")
            }
        }
        if operands.count < syntax.operands.count, syntax.operands[operands.count].isRequired {
            throw UsageError("\(syntax.operands[operands.count].name) is missing")
        }
    }

    private mutating func add(operand word: String, _ syntax: Syntax) throws(UsageError) {
        guard operands.count < syntax.operands.count else { throw UsageError("unknown argument '\(word)'") }
        let operand = syntax.operands[operands.count]
        if let words = operand.words, !words.contains(word) {
            throw UsageError("\(operand.name) is one of \(words.joined(separator: ", ")), not '\(word)'")
        }
        operands.append(word)
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
