import Events

/// A condition on an event.
enum QuestionFilter: Hashable, Sendable {
    enum Comparison: String, Sendable { case greater = ">", atLeast = ">=", less = "<", atMost = "<=" }

    /// The field's text is one of these (`=` and `in`), or none of them (`!=` and `not in`, which a missing one is too).
    case isOneOf(EventField, [String], not: Bool)
    case contains(EventField, String)
    case startsWith(EventField, String)
    /// The latency, or a number of the metadata.
    case compares(EventField, Comparison, Double)
    case latencyIsOneOf([Double], not: Bool)
    /// A moment between two milliseconds is no event's; nil stands for it.
    case timeIsOneOf([Timestamp], not: Bool)
    /// Not before this.
    case since(Timestamp)
    /// Before this.
    case before(Timestamp)
    case exists(EventField, not: Bool)

    /// The most filters of a list, and the most values of `in`.
    static let (mostFilters, mostValues) = (64, 1000)

    private enum Operation: String, CaseIterable {
        case equals = "=", differs = "!=", isIn = "in", isNotIn = "not in", contains, startsWith = "starts with"
        case greater = ">", atLeast = ">=", less = "<", atMost = "<=", exists, notExists = "not exists"
    }

    /// Reads a list of filters.
    static func list(_ field: QuestionField?) throws(QuestionError) -> [QuestionFilter] {
        guard let field else { return [] }
        var filters: [QuestionFilter] = []
        for element in try field.list(0...mostFilters) { filters.append(try QuestionFilter(element)) }
        return filters
    }

    init(_ filter: QuestionField) throws(QuestionError) {
        var object = try filter.object()
        let field = try EventField(try object.require("field"))
        let op = try object.require("op")
        let operation = try op.choice(Operation.self)
        switch operation {
        case .exists, .notExists:
            self = .exists(field, not: operation == .notExists)
            guard object.fields["value"] == nil else {
                throw QuestionError(object.path(of: "value"), "must not be given for `\(operation.rawValue)`")
            }
        case .equals, .differs:
            self = try Self.membership(field, [try object.require("value")], not: operation == .differs)
        case .isIn, .isNotIn:
            let values = try object.require("value").list(1...Self.mostValues)
            self = try Self.membership(field, values, not: operation == .isNotIn)
        case .contains, .startsWith:
            guard field != .latency, field != .createdAt else {
                throw op.wrong("`\(operation.rawValue)` is for texts, not for `latency` or `created_at`")
            }
            let text = try object.require("value").text()
            self = operation == .contains ? .contains(field, text) : .startsWith(field, text)
        case .greater, .atLeast, .less, .atMost:
            self = try Self.order(field, operation, op, &object)
        }
        try object.finish()
    }

    private static func membership(
        _ field: EventField, _ values: [QuestionField], not: Bool
    ) throws(QuestionError) -> QuestionFilter {
        switch field {
        case .latency:
            var numbers: [Double] = []
            for value in values { numbers.append(try value.number()) }
            return .latencyIsOneOf(numbers, not: not)
        case .createdAt:
            var times: [Timestamp] = []
            for value in values {
                let moment = try Moment(value)
                if !moment.isBetween { times.append(moment.floor) }
            }
            return .timeIsOneOf(times, not: not)
        default:
            var texts: [String] = []
            for value in values {
                switch (value.value, field) {
                case (.number(_, let raw), .metadata): texts.append(raw)
                case (.bool(let bool), .metadata): texts.append(bool ? "true" : "false")
                default: texts.append(try value.text())
                }
            }
            return .isOneOf(field, texts, not: not)
        }
    }

    private static func order(
        _ field: EventField, _ operation: Operation, _ op: QuestionField, _ object: inout QuestionObject
    ) throws(QuestionError) -> QuestionFilter {
        switch field {
        case .createdAt:
            let moment = try Moment(try object.require("value"))
            switch operation {
            case .greater: return .since(moment.floor.next)
            case .atLeast: return .since(moment.ceiling)
            case .less: return .before(moment.ceiling)
            default: return .before(moment.floor.next)
            }
        case .latency, .metadata:
            guard let comparison = Comparison(rawValue: operation.rawValue) else {
                throw op.wrong("is no comparison")
            }
            return .compares(field, comparison, try object.require("value").number())
        default: throw op.wrong("`\(operation.rawValue)` is for `latency`, `created_at` and numbers in `metadata`")
        }
    }
}

/// A moment of a question, which may lie between two milliseconds.
struct Moment: Hashable {
    /// The last whole millisecond that is not after it.
    let floor: Timestamp
    /// Whether it lies between two of them.
    let isBetween: Bool

    /// The first whole millisecond that is not before it.
    var ceiling: Timestamp { isBetween ? floor.next : floor }

    init(_ field: QuestionField) throws(QuestionError) {
        let text = try field.text()
        guard let time = Timestamp(text) else {
            throw field.wrong("must be a time such as 2026-01-09T12:34:56.789Z (RFC 3339)")
        }
        let fraction = text.drop { $0 != "." }.dropFirst().prefix { $0.isNumber }
        isBetween = fraction.dropFirst(3).contains { $0 != "0" }
        // What no event can have is as good as the first or the last moment that one can.
        floor = min(max(time, Timestamp.storable.lowerBound), Timestamp.storable.upperBound)
    }
}

extension Timestamp {
    /// The millisecond after this one.
    var next: Timestamp { Timestamp(milliseconds: milliseconds + 1) }
}
