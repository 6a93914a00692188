import Events

/// How many actors take one step after the other, and how long that takes them.
public struct FunnelQuestion: Hashable, Sendable {
    enum Order: String, CaseIterable, Sendable { case ordered, strict }

    let scope: QuestionScope
    let actor: EventField
    let steps: [EventMatcher]
    /// In milliseconds.
    let window: Int64
    let order: Order
    let breakdown: EventField?
    let top: Int
    /// The actors to name: those that reached this step, counted from 0; nil for none.
    let namesActorsAt: Int?
    /// Only those that went no further.
    let namesDropped: Bool

    init(_ object: inout QuestionObject, now: Timestamp) throws(QuestionError) {
        scope = try QuestionScope(&object, now: now)
        actor = try EventField.actor(object.take("actor"))
        var steps: [EventMatcher] = []
        for step in try object.require("steps").list(2...20) { steps.append(try EventMatcher(step)) }
        self.steps = steps
        window = Int64(try object.take("window_ms")?.integer(1...1_000_000_000_000_000) ?? 86_400_000)
        order = try object.take("order")?.choice(Order.self) ?? .ordered
        let field = object.take("breakdown")
        if let field, case .list = field.value {
            breakdown = try .breakdown(try field.list(1...1)[0])
        } else {
            breakdown = try field.map { field throws(QuestionError) in try .breakdown(field) }
        }
        top = try object.take("top")?.integer(1...1000) ?? 10
        namesActorsAt = try object.take("actors_at").map { field throws(QuestionError) in
            try field.integer(1...steps.count) - 1
        }
        let dropped = object.take("dropped")
        namesDropped = try dropped?.bool() ?? false
        if let dropped, namesActorsAt == nil { throw dropped.wrong("is for `actors_at`, which is missing") }
    }
}
