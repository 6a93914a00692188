/// Which events a step, a start or an anchor means.
struct EventMatcher: Hashable, Sendable {
    /// One of these names; nil for any.
    var names: [String]?
    /// All hold together.
    var filters: [QuestionFilter] = []

    /// Any event.
    static let any = EventMatcher()

    private static let mostNames = 1000

    private init() {}

    init(_ field: QuestionField) throws(QuestionError) {
        var object = try field.object()
        if let name = object.take("event_name") {
            if case .list = name.value {
                var names: [String] = []
                for element in try name.list(1...Self.mostNames) { names.append(try element.text()) }
                self.names = names
            } else {
                names = [try name.text()]
            }
        }
        filters = try QuestionFilter.list(object.take("filters"))
        try object.finish()
    }
}
