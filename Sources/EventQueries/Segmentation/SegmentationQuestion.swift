import Events

/// How much, how fast and how often, over time and by groups.
public struct SegmentationQuestion: Hashable, Sendable {
    enum Measure: String, CaseIterable, Sendable {
        case count, actors
        case errorRate = "error_rate"
        case average = "latency_avg"
        case p50 = "latency_p50"
        case p95 = "latency_p95"
        case p99 = "latency_p99"

        /// Whether it is 0 where there are no events, and not null.
        var isCount: Bool { self == .count || self == .actors }
    }

    /// Which events, and how long the answer may take.
    let scope: QuestionScope
    let measures: [Measure]
    let actor: EventField
    let breakdown: [EventField]
    let top: Int
    let intervals: Intervals

    init(_ object: inout QuestionObject, now: Timestamp) throws(QuestionError) {
        scope = try QuestionScope(&object, now: now)
        measures = try Self.measures(object.take("measures"))
        actor = try EventField.actor(object.take("actor"))
        var breakdown: [EventField] = []
        for field in try object.take("breakdown")?.list(0...3) ?? [] { breakdown.append(try .breakdown(field)) }
        self.breakdown = breakdown
        top = try object.take("top")?.integer(1...1000) ?? 10
        let interval = object.take("interval")
        let kind = try interval?.choice(Interval.self) ?? .day
        guard let intervals = Intervals(kind, from: scope.from, to: scope.to, in: scope.zone) else {
            throw QuestionError(interval?.path ?? "interval", "gives more than \(Intervals.most) points in the range")
        }
        self.intervals = intervals
    }

    private static func measures(_ field: QuestionField?) throws(QuestionError) -> [Measure] {
        guard let field else { return [.count] }
        var measures: [Measure] = []
        for element in try field.list(1...Measure.allCases.count) {
            let measure = try element.choice(Measure.self)
            guard !measures.contains(measure) else { throw element.wrong("is given twice") }
            measures.append(measure)
        }
        return measures
    }
}
