import Bytes
import EventStore
import JSON
import Transport

/// What came of a retention: the cohorts, and who came back when.
struct RetentionAnswer {
    let question: RetentionQuestion
    /// By cohort.
    private var sizes: [Int]
    /// By cohort, then by period.
    private var retained: [[Int]]

    init(_ question: RetentionQuestion) {
        self.question = question
        let count = question.intervals.starts.count
        sizes = Array(repeating: 0, count: count)
        retained = Array(repeating: Array(repeating: 0, count: question.periods), count: count)
    }

    /// The first bit is a start, the second a return.
    mutating func add(_ timeline: Timeline) {
        var cohort = -1
        for place in 0..<timeline.count where timeline.mask(place) & 1 != 0 {
            let interval = question.intervals.index(of: timeline.time(place))
            // Only the first start of an interval counts.
            guard interval != cohort else { continue }
            cohort = interval
            sizes[cohort] += 1
            var last = -1
            for later in (place + 1)..<max(timeline.count, place + 1) where timeline.mask(later) & 2 != 0 {
                let period = question.intervals.index(of: timeline.time(later)) - cohort
                guard period < question.periods else { break }
                guard period != last else { continue }
                last = period
                retained[cohort][period] += 1
            }
            if question.mode == .first { break }
        }
    }

    func write(_ json: inout JSONWriter, _ writer: inout ByteWriter) {
        json.beginArray(&writer)
        for (cohort, size) in sizes.enumerated() where size > 0 {
            json.beginObject(&writer)
            json.key("cohort", &writer)
            json.string(Intervals.label(question.intervals.starts[cohort], in: question.scope.zone), &writer)
            json.key("size", &writer)
            json.integer(Int64(size), &writer)
            json.key("retained", &writer)
            json.beginArray(&writer)
            for period in 0..<question.periods {
                if cohort + period < question.ended {
                    json.integer(Int64(retained[cohort][period]), &writer)
                } else {
                    json.null(&writer)
                }
            }
            json.endArray(&writer)
            json.endObject(&writer)
        }
        json.endArray(&writer)
    }
}

extension EventStore {
    func answer(_ question: RetentionQuestion) async throws(EventStoreError) -> QuestionAnswer {
        try requireRoom(question.intervals.starts.count * (question.periods + 8) * 8)
        let plan = TimelinePlan(
            scope: question.scope, actor: question.actor, matchers: [question.start, question.back], skipsOthers: true)
        var answer = RetentionAnswer(question)
        let rowsRead = try await timelines(plan, until: .after(question.scope.deadline)) { answer.add($0) }
        var json = JSONWriter()
        var writer = ByteWriter(capacity: 4096)
        answer.write(&json, &writer)
        return QuestionAnswer(writer.finish(), rowsRead: rowsRead)
    }
}
