/// A value of a question and where it stands there.
struct QuestionField {
    let value: QuestionValue
    let path: String

    func wrong(_ message: String) -> QuestionError { QuestionError(path, message) }

    private func wrongKind(_ wanted: String) -> QuestionError { wrong("must be \(wanted), not \(value.kind)") }

    /// The object's fields, each of them to be asked for by its name.
    func object() throws(QuestionError) -> QuestionObject {
        guard case .object(let fields) = value else { throw wrongKind("an object") }
        var object = QuestionObject(path: path)
        for (key, value) in fields {
            let field = QuestionField(value: value, path: object.path(of: key))
            guard object.fields.updateValue(field, forKey: key) == nil else { throw field.wrong("is given twice") }
        }
        return object
    }

    /// The list's elements.
    func list(_ counts: ClosedRange<Int>) throws(QuestionError) -> [QuestionField] {
        guard case .list(let elements) = value else { throw wrongKind("a list") }
        guard counts.contains(elements.count) else {
            throw wrong("must have \(counts.lowerBound) to \(counts.upperBound) elements, not \(elements.count)")
        }
        return elements.enumerated().map { QuestionField(value: $1, path: "\(path)[\($0)]") }
    }

    func text() throws(QuestionError) -> String {
        guard case .text(let text) = value else { throw wrongKind("a text") }
        return text
    }

    func bool() throws(QuestionError) -> Bool {
        guard case .bool(let value) = value else { throw wrongKind("true or false") }
        return value
    }

    /// A finite number.
    func number() throws(QuestionError) -> Double {
        guard case .number(let number, _) = value else { throw wrongKind("a number") }
        guard number.isFinite else { throw wrong("must be a number that a double holds") }
        return number
    }

    /// A whole number within bounds.
    func integer(_ bounds: ClosedRange<Int>) throws(QuestionError) -> Int {
        let number = try number()
        guard let whole = Int(exactly: number), bounds.contains(whole) else {
            throw wrong("must be a whole number from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return whole
    }

    /// One of the names of a closed list.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ type: Choice.Type
    ) throws(QuestionError) -> Choice where Choice.RawValue == String {
        let text = try text()
        guard let choice = Choice(rawValue: text) else {
            let names = type.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            throw wrong("must be one of \(names), not '\(String(text.prefix(64)))'")
        }
        return choice
    }
}

/// An object of a question. What it holds beyond the fields that were asked for is refused.
struct QuestionObject {
    let path: String
    fileprivate(set) var fields: [String: QuestionField] = [:]

    init(path: String) { self.path = path }

    func path(of key: String) -> String {
        let name = String(key.prefix(64))
        return path.isEmpty ? name : "\(path).\(name)"
    }

    /// A field, where it is given and not null.
    mutating func take(_ name: String) -> QuestionField? {
        guard let field = fields.removeValue(forKey: name) else { return nil }
        if case .null = field.value { return nil }
        return field
    }

    /// A field that must be given.
    mutating func require(_ name: String) throws(QuestionError) -> QuestionField {
        guard let field = take(name) else { throw QuestionError(path(of: name), "is missing") }
        return field
    }

    /// Refuses what was not taken.
    func finish() throws(QuestionError) {
        guard let name = fields.keys.min() else { return }
        throw QuestionError(path(of: name), "is not known")
    }
}
