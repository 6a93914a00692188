import Events

/// Whether those who began come back.
public struct RetentionQuestion: Hashable, Sendable {
    enum Mode: String, CaseIterable, Sendable { case first, recurring }
    private enum Unit: String, CaseIterable { case day, week, month }

    let scope: QuestionScope
    let actor: EventField
    let start: EventMatcher
    let back: EventMatcher
    let periods: Int
    let mode: Mode
    /// Where the range's intervals begin.
    let intervals: Intervals
    /// The intervals from the first on that have ended by the earlier of the range's end and now.
    let ended: Int

    init(_ object: inout QuestionObject, now: Timestamp) throws(QuestionError) {
        scope = try QuestionScope(&object, now: now)
        actor = try EventField.actor(object.take("actor"))
        start = try object.take("start").map { field throws(QuestionError) in try EventMatcher(field) } ?? .any
        back = try object.take("return").map { field throws(QuestionError) in try EventMatcher(field) } ?? .any
        periods = try object.take("periods")?.integer(1...90) ?? 7
        mode = try object.take("mode")?.choice(Mode.self) ?? .first
        let field = object.take("interval")
        let interval: Interval
        switch try field?.choice(Unit.self) ?? .day {
        case .day: interval = .day
        case .week: interval = .week
        case .month: interval = .month
        }
        guard let intervals = Intervals(interval, from: scope.from, to: scope.to, in: scope.zone),
            // One more shows whether the last one ends where the range does.
            let further = Intervals(interval, from: scope.from, to: scope.to.next, in: scope.zone)
        else { throw QuestionError(field?.path ?? "interval", "gives more than \(Intervals.most) points in the range") }
        self.intervals = intervals
        let end = min(scope.to, now).milliseconds
        ended = further.starts.dropFirst().count { $0 <= end }
    }
}
