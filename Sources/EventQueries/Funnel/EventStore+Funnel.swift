import Bytes
import EventStore
import JSON
import Transport

extension EventStore {
    func answer(_ question: FunnelQuestion) async throws(EventStoreError) -> QuestionAnswer {
        let plan = TimelinePlan(
            scope: question.scope, actor: question.actor, matchers: question.steps, key: question.breakdown,
            skipsOthers: question.order == .ordered)
        var answer = FunnelAnswer(question)
        let rowsRead = try await timelines(plan, until: .after(question.scope.deadline)) { timeline in
            answer.add(timeline)
            try requireRoom(answer.size * 8)
        }
        var json = JSONWriter()
        var writer = ByteWriter(capacity: 4096)
        answer.write(&json, &writer)
        return QuestionAnswer(writer.finish(), rowsRead: rowsRead)
    }

    /// Sees to it that what is kept for an answer stays within its bounds.
    ///
    /// - Throws: `EventStoreError` `.tooExpensive` where it does not.
    func requireRoom(_ bytes: Int) throws(EventStoreError) {
        guard bytes <= resultLimit else {
            throw EventStoreError(.tooExpensive, "the answer takes more than \(resultLimit) bytes")
        }
    }
}
