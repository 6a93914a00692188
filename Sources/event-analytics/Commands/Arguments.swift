/// What may follow a command's name, and what did.
struct Arguments: Equatable {
    /// A word that may follow. Whoever leaves it out gets what its help text says.
    struct Operand {
        /// What it is called in the help text.
        var name: String
        var help: String

        /// The words that it may be.
        var words: [String]
    }

    /// The operands, in order.
    private(set) var operands: [String] = []

    /// Reads what follows a command's name.
    ///
    /// - Throws: `UsageError` that names the argument and what is wrong with it.
    init(_ words: [String], for known: [Operand]) throws(UsageError) {
        for word in words {
            guard !word.hasPrefix("-") || word == "-" else {
                throw UsageError("unknown option '\(word.prefix { $0 != "=" })'")
            }
            guard operands.count < known.count else { throw UsageError("unknown argument '\(word)'") }
            let operand = known[operands.count]
            guard operand.words.contains(word) else {
                throw UsageError("\(operand.name) is one of \(operand.words.joined(separator: ", ")), not '\(word)'")
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
