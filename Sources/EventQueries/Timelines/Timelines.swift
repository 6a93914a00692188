import ClickHouseClient
import ClickHouseProtocol
import EventStore
import Transport

/// The events of one actor in their order, as far as a question needs them: when they were, and which matchers they meet.
struct Timeline {
    /// In milliseconds since 1970.
    let times: ArraySlice<Int64>
    /// A bit for each matcher, the lowest for the first; `missingKey` where the key is missing.
    let masks: ArraySlice<UInt32>
    /// The actor's name.
    let actor: ClickHouseText
    /// What groups are made by, of each event that meets the first matcher.
    let keys: ClickHouseTexts?

    /// The bit of a key that is missing.
    static let missingKey: UInt32 = 1 << 31

    var count: Int { times.count }
    func time(_ index: Int) -> Int64 { times[times.startIndex + index] }
    func mask(_ index: Int) -> UInt32 { masks[masks.startIndex + index] }
}

/// A text in a column.
struct ClickHouseText {
    let column: StringColumn
    let row: Int
}

/// The texts of a row of arrays.
struct ClickHouseTexts {
    let column: StringColumn
    let first: Int

    subscript(index: Int) -> ClickHouseText { ClickHouseText(column: column, row: first + index) }
}

/// The query for timelines: a row for each actor that has an event which meets the first matcher.
struct TimelinePlan {
    let scope: QuestionScope
    let actor: EventField
    let matchers: [EventMatcher]
    /// What groups are made by; nil for none.
    var key: EventField?
    /// Whether events that meet no matcher are left out.
    var skipsOthers: Bool

    /// `actor`, `times`, `masks`, and `keys` where there is a key.
    var query: QuestionQuery {
        QuestionQuery(scope) { text(&$0) }
    }

    private func text(_ builder: inout QueryBuilder) -> String {
        let (actorText, actorMissing) = builder.text(of: actor)
        if actorMissing != "0" { builder.keep("NOT (\(actorMissing))") }
        let bits = matchers.enumerated().map { index, matcher in
            "bitShiftLeft(toUInt32(\(builder.condition(matcher))), \(index))"
        }
        var mask = bits.joined(separator: " + ")
        var columns = ["\(actorText) AS actor", "toUnixTimestamp64Milli(created_at) AS at", "toUInt128(id) AS number"]
        var parts = ["at", "number", "mask"]
        if let key {
            let (text, isMissing) = builder.text(of: key)
            columns.append("if(bitTest(\(bits[0]), 0), \(text), '') AS key")
            mask += " + if(\(isMissing), \(Timeline.missingKey), 0)"
            parts.append("key")
        }
        columns.append("toUInt32(\(mask)) AS mask")
        var outer = ["actor", "arrayMap(x -> x.1, sorted) AS times", "arrayMap(x -> x.3, sorted) AS masks"]
        if key != nil { outer.append("arrayMap(x -> x.4, sorted) AS keys") }
        let known = (UInt32(1) << UInt32(matchers.count)) - 1
        return """
            SELECT \(outer.joined(separator: ", "))
            FROM (
                SELECT actor, arraySort(groupArray((\(parts.joined(separator: ", "))))) AS sorted
                FROM (SELECT \(columns.joined(separator: ", ")) FROM \(builder.rows))
                \(skipsOthers ? "WHERE bitAnd(mask, \(known)) != 0" : "")
                GROUP BY actor HAVING countIf(bitTest(mask, 0)) > 0)
            """
    }
}

extension EventStore {
    /// Gives the timelines to `body`, one after the other, in no order.
    ///
    /// - Returns: how many rows ClickHouse read.
    func timelines(
        _ plan: TimelinePlan, until deadline: Deadline, _ body: (Timeline) throws -> Void
    ) async throws(EventStoreError) -> UInt64 {
        let query = plan.query
        return try await ask(query.text, query.parameters, until: deadline) { result in
            while let block = try await result.next() {
                let columns = ResultColumns(block)
                let actors = try columns.texts("actor")
                let times = try columns.integerArrays("times")
                let masks = try columns.maskArrays("masks")
                let keys = plan.key == nil ? nil : try columns.textArrays("keys")
                for row in 0..<block.rowCount {
                    let range = times.range(row)
                    guard masks.range(row).count == range.count,
                        keys.map({ $0.range(row).count == range.count }) ?? true
                    else { throw EventStoreError(.malformed, "ClickHouse answered with arrays of different lengths") }
                    try body(
                        Timeline(
                            times: times.values[range], masks: masks.values[masks.range(row)],
                            actor: ClickHouseText(column: actors, row: row),
                            keys: keys.map { ClickHouseTexts(column: $0.texts, first: $0.range(row).lowerBound) }))
                }
            }
            return result.summary.progress.readRows
        }
    }
}
