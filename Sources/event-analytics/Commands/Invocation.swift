import Supervision

/// What the program was asked for.
enum Invocation: Equatable {
    /// A text to print.
    case show(String)
    case run(Command, Arguments)

    /// Reads the command line without the program's name.
    ///
    /// - Throws: `UsageError` that names what cannot be understood.
    static func parse(_ words: [String]) throws(UsageError) -> Invocation {
        guard let first = words.first else { throw UsageError("no command is given") }
        let rest = Array(words.dropFirst())
        switch first {
        case "--help", "-h", "help": return try help(rest)
        case "--version": return .show("event-analytics \(EventAnalytics.version)")
        default: break
        }
        guard let command = Command(rawValue: first) else {
            throw UsageError(
                first.hasPrefix("-") ? "unknown option '\(first)'" : "unknown command '\(first)'" + Command.hint(first))
        }
        if rest.contains("--help") || rest.contains("-h") { return .show(command.helpText) }
        do {
            return .run(command, try Arguments(rest, for: command.operands, options: command.options))
        } catch {
            throw UsageError(error.problem, command)
        }
    }

    private static func help(_ words: [String]) throws(UsageError) -> Invocation {
        guard let word = words.first else { return .show(Command.usage) }
        guard let command = Command(rawValue: word) else {
            throw UsageError("there is no command '\(word)'" + Command.hint(word))
        }
        guard words.count == 1 else { throw UsageError("unknown argument '\(words[1])'") }
        return .show(command.helpText)
    }
}
