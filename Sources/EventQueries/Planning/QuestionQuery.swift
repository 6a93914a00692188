import ClickHouseProtocol
import Events

/// A query's text and the values that belong to it.
struct QuestionQuery: Hashable {
    var text: String
    var parameters: [QueryParameter]

    /// Plans a query over the facts of events, or over their whole rows where a fact does not tell what is asked for.
    ///
    /// - Parameter text: Makes the text; it may be called twice.
    init(_ scope: QuestionScope, _ text: (inout QueryBuilder) -> String) {
        var builder = QueryBuilder(scope, from: .facts)
        self.text = text(&builder)
        if builder.wantsTexts {
            builder = QueryBuilder(scope, from: .rows)
            self.text = text(&builder)
        }
        parameters = builder.parameters
    }

    init(text: String, parameters: [QueryParameter]) {
        self.text = text
        self.parameters = parameters
    }
}

/// What the text of a question's query is made of: identifiers come from here, values become parameters.
///
/// Conditions on what never changes (conversation, time) stand before `FINAL`, so that they narrow what is read: all
/// versions of an event meet them, or none. The rest stands behind it, since only the newest version counts.
struct QueryBuilder {
    /// Where events are looked at.
    enum Source: String {
        /// What most questions are about, by time; of the metadata, the values of the outermost keys as JSON.
        case facts = "event_facts"
        /// Whole rows, by conversation.
        case rows = "events"
    }

    let source: Source
    /// Whether it is about an input or an output, which rows alone have.
    private(set) var wantsTexts = false
    private(set) var parameters: [QueryParameter] = []
    private var immutable: [String] = []
    private var mutable: [String] = []

    /// The events of a question.
    init(_ scope: QuestionScope, from source: Source) {
        self.source = source
        immutable.append("created_at >= \(time(scope.from)) AND created_at < \(time(scope.to))")
        for filter in scope.filters { keep(filter) }
    }

    /// The rows that are left.
    var rows: String {
        var text = "\(source.rawValue) FINAL\nPREWHERE \(immutable.joined(separator: " AND "))"
        if !mutable.isEmpty { text += "\nWHERE \(mutable.joined(separator: " AND "))" }
        return text
    }

    /// Makes a value a parameter, and gives the text that stands for it.
    mutating func value(_ value: QueryParameter.Value, _ type: String) -> String {
        let name = "p\(parameters.count)"
        parameters.append(QueryParameter(name, value))
        return "{\(name):\(type)}"
    }

    mutating func texts(_ texts: [String]) -> String { value(.array(texts.map { .string($0) }), "Array(String)") }

    mutating func time(_ time: Timestamp) -> String {
        "fromUnixTimestamp64Milli(\(value(.int(time.milliseconds), "Int64")), 'UTC')"
    }

    /// Keeps the rows that a condition holds for.
    mutating func keep(_ condition: String) { mutable.append(condition) }

    mutating func keep(_ filter: QuestionFilter) {
        let condition = condition(filter)
        switch filter {
        case .since, .before, .timeIsOneOf, .isOneOf(.conversationID, _, _), .contains(.conversationID, _),
            .startsWith(.conversationID, _):
            immutable.append(condition)
        default: mutable.append(condition)
        }
    }

    /// The condition of a filter: 0 or 1, never NULL.
    mutating func condition(_ filter: QuestionFilter) -> String {
        switch filter {
        case .isOneOf(let field, let texts, let not):
            return Self.not(not, on(field) { $0.membership($1, texts) })
        case .contains(let field, let text):
            return on(field) { "position(\($1), \($0.value(.string(text), "String"))) > 0" }
        case .startsWith(let field, let text):
            return on(field) { "startsWith(\($1), \($0.value(.string(text), "String")))" }
        case .compares(.metadata(let keys), let comparison, let number):
            let path = path(keys)
            return "(JSONType(\(path)) IN ('Int64', 'UInt64', 'Double') AND JSONExtractFloat(\(path)) "
                + "\(comparison.rawValue) \(value(.double(number), "Float64")))"
        case .compares(_, let comparison, let number):
            return "latency \(comparison.rawValue) \(value(.double(number), "Float64"))"
        case .latencyIsOneOf(let numbers, let not):
            return Self.not(not, "has(\(value(.array(numbers.map { .double($0) }), "Array(Float64)")), latency)")
        case .timeIsOneOf(let times, let not):
            let values = value(.array(times.map { .int($0.milliseconds) }), "Array(Int64)")
            return Self.not(not, "has(\(values), toUnixTimestamp64Milli(created_at))")
        case .since(let moment): return "created_at >= \(time(moment))"
        case .before(let moment): return "created_at < \(time(moment))"
        case .exists(let field, let not):
            switch field {
            case .error, .input, .output: return Self.not(not, "\(column(field)) != ''")
            case .metadata(let keys): return Self.not(not, isText(keys))
            default: return not ? "0" : "1"
            }
        }
    }

    /// The condition of a matcher: 0 or 1.
    mutating func condition(_ matcher: EventMatcher) -> String {
        var conditions = matcher.filters.map { condition($0) }
        if let names = matcher.names { conditions.insert(membership("event_name", names), at: 0) }
        if conditions.isEmpty { return "1" }
        return "(" + conditions.map { "(\($0))" }.joined(separator: " AND ") + ")"
    }

    private static func not(_ not: Bool, _ condition: String) -> String { not ? "NOT (\(condition))" : condition }

    private mutating func membership(_ text: String, _ values: [String]) -> String {
        if let only = values.first, values.count == 1 { return "\(text) = \(value(.string(only), "String"))" }
        return "has(\(texts(values)), \(text))"
    }

    /// A condition on a field's text; a missing one meets none.
    private mutating func on(
        _ field: EventField, _ condition: (inout QueryBuilder, String) -> String
    ) -> String {
        guard case .metadata(let keys) = field else {
            let column = column(field)
            return condition(&self, column)
        }
        let (isText, text) = (isText(keys), text(keys))
        return "(\(isText) AND \(condition(&self, text)))"
    }

    /// Whether there is a text, a number or a boolean.
    private mutating func isText(_ keys: [String]) -> String {
        let path = path(keys)
        if isValue(keys) { return "substring(\(path), 1, 1) NOT IN ('', 'n', '{', '[')" }
        return "JSONType(\(path)) IN ('String', 'Bool', 'Int64', 'UInt64', 'Double')"
    }

    /// The text of what is one.
    private mutating func text(_ keys: [String]) -> String {
        let path = path(keys)
        guard isValue(keys) else { return "JSONExtractString(\(path))" }
        // Most texts stand in JSON as they are.
        return """
            multiIf(NOT startsWith(\(path), '"'), \(path), position(\(path), '\\\\') = 0, \
            substring(\(path), 2, length(\(path)) - 2), JSONExtractString(\(path)))
            """
    }

    /// Whether the facts have the value at a path as JSON.
    private func isValue(_ keys: [String]) -> Bool { source == .facts && keys.count == 1 }

    /// The first arguments of a function of JSON.
    private mutating func path(_ keys: [String]) -> String {
        let keys = keys.map { value(.string($0), "String") }
        switch source {
        case .facts: return "metadata[\(keys[0])]" + keys.dropFirst().map { ", \($0)" }.joined()
        case .rows: return "conversation_metadata" + keys.map { ", \($0)" }.joined()
        }
    }

    /// A field's text, and whether it is missing.
    mutating func text(of field: EventField) -> (text: String, isMissing: String) {
        guard case .metadata(let keys) = field else { return ("CAST(\(column(field)) AS String)", "0") }
        return (text(keys), "NOT (\(isText(keys)))")
    }

    private mutating func column(_ field: EventField) -> String {
        switch field {
        case .eventName: return "event_name"
        case .conversationID: return "conversation_id"
        case .error: return "error"
        case .input:
            wantsTexts = true
            return "input"
        case .output:
            wantsTexts = true
            return "output"
        case .latency: return "latency"
        case .createdAt: return "created_at"
        case .metadata: return "conversation_metadata"
        }
    }
}
