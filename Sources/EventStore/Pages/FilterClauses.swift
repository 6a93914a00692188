import ClickHouseProtocol
import Events

/// What a query says about the rows that it wants.
///
/// Conditions on what never changes (conversation, time, id) stand before `FINAL`, so that they narrow what is read: all
/// versions of an event meet them, or none. Conditions on the rest stand behind it, since only the newest version counts.
struct FilterClauses: Hashable {
    /// Where events are looked for.
    enum Source: String {
        /// By time, without inputs and outputs; of the metadata, the values of the outermost keys as JSON.
        case facts = "event_facts"
        /// Whole rows, by conversation.
        case rows = "events"
    }

    let source: Source
    private(set) var immutable: [String] = []
    private(set) var mutable: [String] = []
    private(set) var parameters: [QueryParameter] = []

    /// No conditions.
    init(from source: Source) { self.source = source }

    /// A filter's conditions.
    ///
    /// - Parameter source: Where they are looked for; nil for where that takes least.
    init(_ filter: EventFilter, from source: Source? = nil) {
        self.source = source ?? filter.source
        if let id = filter.conversationID {
            narrow("conversation_id = {conversation_id:String}", ("conversation_id", .string(id)))
        }
        if let from = filter.from { narrow("created_at >= \(Self.time("from"))", ("from", .int(from.milliseconds))) }
        if let to = filter.to { narrow("created_at < \(Self.time("to"))", ("to", .int(to.milliseconds))) }
        if !filter.eventNames.isEmpty {
            let names = filter.eventNames.sorted().map { QueryParameter.Value.string($0) }
            keep("has({event_names:Array(String)}, event_name)", ("event_names", .array(names)))
        }
        if let hasError = filter.hasError { keep(hasError ? "error != ''" : "error = ''") }
        if let least = filter.minimumLatency {
            keep("latency >= {latency_min:Float64}", ("latency_min", .double(least)))
        }
        if let greatest = filter.maximumLatency {
            keep("latency <= {latency_max:Float64}", ("latency_max", .double(greatest)))
        }
        for (index, condition) in filter.metadata.sorted(by: { $0.path.lexicographicallyPrecedes($1.path) })
            .enumerated()
        {
            keep(condition, index)
        }
        // The costliest conditions come last: what the others leave out is not looked at.
        for (index, word) in filter.words.sorted().enumerated() { keep(word: word, index) }
    }

    /// Adds a condition on what never changes.
    mutating func narrow(_ condition: String, _ values: (String, QueryParameter.Value)...) {
        immutable.append(condition)
        parameters += values.map { QueryParameter($0.0, $0.1) }
    }

    /// Adds a condition on what may change.
    mutating func keep(_ condition: String, _ values: (String, QueryParameter.Value)...) {
        mutable.append(condition)
        parameters += values.map { QueryParameter($0.0, $0.1) }
    }

    /// The rows that they leave.
    var rows: String {
        var text = "\(source.rawValue) FINAL"
        if !immutable.isEmpty { text += "\nPREWHERE \(immutable.joined(separator: " AND "))" }
        if !mutable.isEmpty { text += "\nWHERE \(mutable.joined(separator: " AND "))" }
        return text
    }

    /// A parameter of milliseconds since 1970 as a time.
    static func time(_ parameter: String) -> String { "fromUnixTimestamp64Milli({\(parameter):Int64}, 'UTC')" }

    /// ClickHouse folds as Unicode's CaseFolding.txt says (C and F: ß is ss, ς is σ), and fails at bytes that are no UTF-8,
    /// which other writers may have left. ASCII, which most text is, is folded four times as fast.
    private mutating func keep(word: String, _ index: Int) {
        let places = ["input", "output", "error"].map { column in
            let text = "if(isValidASCII(\(column)), lower(\(column)), caseFoldUTF8(toValidUTF8(\(column))))"
            return "position(\(text), caseFoldUTF8({word_\(index):String})) > 0"
        }
        keep("(\(places.joined(separator: " OR ")))", ("word_\(index)", .string(word)))
    }

    /// A number's text is the shortest that JSON has for it. Who writes it otherwise (1.0, 1e3) means the number.
    private mutating func keep(_ condition: EventFilter.Metadata, _ index: Int) {
        let keys = condition.path.indices.map { "{key_\(index)_\($0):String}" }
        let arguments =
            switch source {
            case .facts: "metadata[\(keys[0])]" + keys.dropFirst().map { ", \($0)" }.joined()
            case .rows: "conversation_metadata" + keys.map { ", \($0)" }.joined()
            }
        let value = "{value_\(index):String}"
        var text =
            "JSONExtractString(\(arguments)) = \(value) AND JSONType(\(arguments)) NOT IN ('Object', 'Array', 'Null')"
        var values: [(String, QueryParameter.Value)] = [("value_\(index)", .string(condition.value))]
        if let number = Self.number(condition.value) {
            text =
                "(\(text) OR JSONType(\(arguments)) IN ('Int64', 'UInt64', 'Double') "
                + "AND JSONExtractFloat(\(arguments)) = {number_\(index):Float64})"
            values.append(("number_\(index)", .double(number)))
        }
        mutable.append(text)
        for (place, key) in condition.path.enumerated() { values.append(("key_\(index)_\(place)", .string(key))) }
        parameters += values.map { QueryParameter($0.0, $0.1) }
    }

    /// A number that is written with a fraction or an exponent. Whole ones are compared as text, without rounding.
    private static func number(_ text: String) -> Double? {
        let letters = Set("0123456789+-.eE".utf8)
        guard text.utf8.allSatisfy(letters.contains), text.contains(where: { ".eE".contains($0) }) else { return nil }
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }
}

extension EventFilter {
    /// Where the events that it picks are found with the least effort.
    var source: FilterClauses.Source { words.isEmpty && conversationID == nil ? .facts : .rows }
}
