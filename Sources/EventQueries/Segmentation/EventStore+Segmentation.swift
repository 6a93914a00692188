import Bytes
import ClickHouseClient
import ClickHouseProtocol
import EventStore
import JSON
import Transport

extension EventStore {
    func answer(_ question: SegmentationQuestion) async throws(EventStoreError) -> QuestionAnswer {
        let deadline = Deadline.after(question.scope.deadline)
        let plan = SegmentationPlan(question: question)
        var rowsRead: UInt64 = 0
        var groups: [SegmentationAnswer.Group] = []
        var codes: [String] = []
        var hasOther = false
        if question.breakdown.isEmpty {
            groups = [.init()]
        } else {
            let found = try await self.groups(plan, until: deadline, &rowsRead)
            hasOther = found.count > question.top
            groups = found.prefix(question.top).map(\.group)
            codes = found.prefix(question.top).map(\.code)
        }
        let points = (groups.count + 1) * question.intervals.starts.count * question.measures.count
        guard points <= resultLimit / 8 else {
            throw EventStoreError(.tooExpensive, "\(points) figures are more than an answer may have")
        }
        let first = groups.count
        groups.append(.init(isOther: true))
        let query = plan.figures(codes)
        rowsRead += try await ask(query.text, query.parameters, until: deadline) { result in
            while let block = try await result.next() {
                let columns = ResultColumns(block)
                let places = try columns.integers("grp")
                let buckets = try columns.integers("bucket")
                let totals = try columns.integers("is_total")
                var measures: [[Double]] = []
                for index in question.measures.indices { measures.append(try columns.doubles("m_\(index)")) }
                for row in 0..<block.rowCount {
                    let place = places[row] == 0 ? first : Int(places[row]) - 1
                    guard groups.indices.contains(place) else {
                        throw EventStoreError(.malformed, "ClickHouse answered with group \(places[row])")
                    }
                    let values = measures.map { $0[row] }
                    if totals[row] != 0 {
                        groups[place].total = values
                    } else {
                        groups[place].points[question.intervals.index(of: buckets[row])] = values
                    }
                }
            }
            return result.summary.progress.readRows
        }
        // A group that came between the two queries belongs to the rest as well.
        if !hasOther, groups[first].total == nil { groups.removeLast() }
        var json = JSONWriter()
        var writer = ByteWriter(capacity: 4096)
        SegmentationAnswer(question: question, groups: groups).write(&json, &writer)
        return QuestionAnswer(writer.finish(), rowsRead: rowsRead)
    }

    private struct Found {
        let code: String
        let group: SegmentationAnswer.Group
    }

    private func groups(
        _ plan: SegmentationPlan, until deadline: Deadline, _ rowsRead: inout UInt64
    ) async throws(EventStoreError) -> [Found] {
        let query = plan.groups()
        var found: [Found] = []
        rowsRead += try await ask(query.text, query.parameters, until: deadline) { result in
            while let block = try await result.next() {
                let columns = ResultColumns(block)
                let codes = try columns.texts("code")
                var keys: [(texts: StringColumn, missing: [Int64])] = []
                for index in plan.question.breakdown.indices {
                    keys.append((try columns.texts("key_\(index)"), try columns.integers("missing_\(index)")))
                }
                for row in 0..<block.rowCount {
                    let key = keys.map { $0.missing[row] != 0 ? nil : $0.texts[row] }
                    found.append(Found(code: codes.text(row), group: .init(key: key)))
                }
            }
            return result.summary.progress.readRows
        }
        return found
    }
}
