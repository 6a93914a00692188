/// What of an event a question looks at.
enum EventField: Hashable, Sendable {
    case eventName, conversationID, error, input, output, latency, createdAt
    /// A value in the metadata: the keys that lead to it, from the outermost on; at least one.
    case metadata([String])

    /// The most keys to a path.
    static let mostKeys = 32

    /// Reads a field's name.
    init(_ field: QuestionField) throws(QuestionError) {
        let text = try field.text()
        switch text {
        case "event_name": self = .eventName
        case "conversation_id": self = .conversationID
        case "error": self = .error
        case "input": self = .input
        case "output": self = .output
        case "latency": self = .latency
        case "created_at": self = .createdAt
        default:
            guard text.hasPrefix("metadata.") else {
                throw field.wrong(
                    "must be `event_name`, `conversation_id`, `error`, `input`, `output`, `latency`, `created_at` or "
                        + "`metadata.` and a path, not '\(String(text.prefix(64)))'")
            }
            guard let keys = Self.keys(text.dropFirst("metadata.".count)), keys.count <= Self.mostKeys else {
                throw field.wrong("must be `metadata.` and keys with dots between them, a key with a dot in backquotes")
            }
            self = .metadata(keys)
        }
    }

    /// Reads what is followed: `conversation_id`, or a path in the metadata.
    static func actor(_ field: QuestionField?) throws(QuestionError) -> EventField {
        guard let field else { return .conversationID }
        let actor = try EventField(field)
        switch actor {
        case .conversationID, .metadata: return actor
        default: throw field.wrong("must be `conversation_id` or `metadata.` and a path")
        }
    }

    /// Reads what groups are made by.
    static func breakdown(_ field: QuestionField) throws(QuestionError) -> EventField {
        let breakdown = try EventField(field)
        guard breakdown != .latency, breakdown != .createdAt else {
            throw field.wrong("must not be `latency` or `created_at`")
        }
        return breakdown
    }

    /// The keys of a path: dots part them but inside backquotes, where a backquote is written twice; nil where it is none.
    static func keys(_ text: Substring) -> [String]? {
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
