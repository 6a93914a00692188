import Glibc

/// The process's environment, or a made-up one.
struct Environment: Sendable {
    private let values: [String: String]

    /// The variables of this process.
    static let process: Environment = {
        var values: [String: String] = [:]
        var entry = environ
        while let pointer = entry.pointee {
            let text = String(cString: pointer)
            if let equals = text.firstIndex(of: "=") {
                values[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            entry += 1
        }
        return Environment(values)
    }()

    init(_ values: [String: String]) { self.values = values }

    /// The names of all variables.
    var names: some Collection<String> { values.keys }

    /// The variable's value; one that is empty counts as not set.
    subscript(name: String) -> String? {
        guard let value = values[name], !value.isEmpty else { return nil }
        return value
    }

    /// A secret: the variable's value, or what the file holds that the variable with `_FILE` behind its name names, without
    /// the end of its last line.
    ///
    /// - Throws: `SettingError` where both are set, or the file cannot be read.
    func secret(_ name: String) throws(SettingError) -> String? {
        guard let path = self["\(name)_FILE"] else { return self[name] }
        guard self[name] == nil else { throw SettingError("\(name) and \(name)_FILE", "are both set: set one of them") }
        var text = try SecretFile.text(of: path, for: "\(name)_FILE")
        while text.last?.isNewline == true { text.removeLast() }
        return text.isEmpty ? nil : text
    }

    /// All variables, for a child: these, with some replaced.
    func merging(_ others: [String: String]) -> [String: String] { values.merging(others) { $1 } }

    /// An integer within bounds.
    ///
    /// - Throws: `SettingError` naming the variable.
    func integer(_ name: String, default standard: Int, _ range: ClosedRange<Int>) throws(SettingError) -> Int {
        guard let text = self[name] else { return standard }
        guard let value = Int(text), range.contains(value) else {
            throw SettingError(
                name, "must be a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
        }
        return value
    }

    /// A port number.
    func port(_ name: String, default standard: Int) throws(SettingError) -> Int {
        try integer(name, default: standard, 1...65_535)
    }

    /// One of a few words.
    func word<Value>(_ name: String, default standard: Value, _ words: [(String, Value)]) throws(SettingError) -> Value
    {
        guard let text = self[name] else { return standard }
        guard let found = words.first(where: { $0.0 == text.lowercased() }) else {
            throw SettingError(name, "must be one of \(words.map(\.0).joined(separator: ", ")), not '\(text)'")
        }
        return found.1
    }

    /// A list with commas between its items, blanks around them dropped.
    func list(_ name: String, default standard: [String]) throws(SettingError) -> [String] {
        guard let text = self[name] else { return standard }
        let items = text.split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
        guard items.allSatisfy({ !$0.isEmpty }) else {
            throw SettingError(name, "must be a list with commas between its items, none of them empty, not '\(text)'")
        }
        return items
    }

    private func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

/// A setting whose value cannot be used.
struct SettingError: Error, CustomStringConvertible {
    /// The variable.
    let name: String
    let problem: String

    init(_ name: String, _ problem: String) {
        self.name = name
        self.problem = problem
    }

    var description: String { "\(name) \(problem)" }
}
