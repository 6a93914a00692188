import Bytes
import ClickHouseClient
import ClickHouseProtocol
import EventStore
import Events
import JSON
import Transport

extension EventStore {
    func answer(_ question: SimilarQuestion) async throws(EventStoreError) -> QuestionAnswer {
        let deadline = Deadline.after(question.scope.deadline)
        var rowsRead: UInt64 = 0
        var wanted: [Double]
        var own: EventID?
        switch question.reference {
        case .embedding(let numbers): wanted = numbers
        case .event(let id):
            own = id
            let query = question.embedding(of: id)
            var found: [Double]?
            rowsRead += try await ask(query.text, query.parameters, until: deadline) { result in
                while let block = try await result.next() {
                    let embeddings = try ResultColumns(block).doubleArrays("embedding")
                    for row in 0..<block.rowCount { found = Array(embeddings.values[embeddings.range(row)]) }
                }
                return result.summary.progress.readRows
            }
            guard let found else { throw EventStoreError(.notFound, "event not found") }
            guard found.contains(where: { $0 != 0 }) else {
                throw EventStoreError(
                    .unsuitable, "id: the event has no \(question.field.rawValue) embedding other than zeros")
            }
            wanted = found
        }
        let query = question.nearest(to: wanted, but: own)
        var nearest: [(id: EventID, distance: Double)] = []
        rowsRead += try await ask(query.text, query.parameters, until: deadline) { result in
            while let block = try await result.next() {
                let columns = ResultColumns(block)
                let ids = try columns.ids("id")
                let distances = try columns.doubles("distance")
                for row in 0..<block.rowCount { nearest.append((ids[row], distances[row])) }
            }
            return result.summary.progress.readRows
        }
        let events = try await bodies(of: nearest.map(\.id))
        var json = JSONWriter()
        var writer = ByteWriter(capacity: 4096)
        json.beginArray(&writer)
        for (id, distance) in nearest {
            // One that was deleted meanwhile is none.
            guard let event = events[id] else { continue }
            json.beginObject(&writer)
            json.key("id", &writer)
            json.string(id.description, &writer)
            json.key("distance", &writer)
            json.number(distance, &writer)
            json.key("event", &writer)
            json.raw(event.span, &writer)
            json.endObject(&writer)
        }
        json.endArray(&writer)
        var answer = QuestionAnswer(writer.finish(), rowsRead: rowsRead)
        answer.method = "exact"
        return answer
    }

    /// Events as JSON by their ids, a few at a time.
    private func bodies(of ids: [EventID]) async throws(EventStoreError) -> [EventID: ByteSlice] {
        var events: [EventID: ByteSlice] = [:]
        var bytes = 0
        for start in stride(from: 0, to: ids.count, by: 50) {
            for (id, event) in try await self.events(Array(ids[start..<min(start + 50, ids.count)])) {
                events[id] = event
                bytes += event.count
            }
            try requireRoom(bytes)
        }
        return events
    }
}
