import Events

/// What comes before and after an event.
public struct FlowsQuestion: Hashable, Sendable {
    let scope: QuestionScope
    let actor: EventField
    let anchor: EventMatcher
    let stepsBefore: Int
    let stepsAfter: Int
    let top: Int
    let mergesRepeats: Bool

    init(_ object: inout QuestionObject, now: Timestamp) throws(QuestionError) {
        scope = try QuestionScope(&object, now: now)
        actor = try EventField.actor(object.take("actor"))
        anchor = try EventMatcher(try object.require("anchor"))
        stepsBefore = try object.take("steps_before")?.integer(0...5) ?? 0
        stepsAfter = try object.take("steps_after")?.integer(0...5) ?? 3
        top = try object.take("top")?.integer(1...1000) ?? 10
        mergesRepeats = try object.take("merge_repeats")?.bool() ?? true
    }

    /// A row for each path that actors take: `names`, where in them the anchor is (`place`, from 1 on), whether the actor has
    /// no event behind them (`ends`), and how many `actors` take it.
    var query: QuestionQuery {
        QuestionQuery(scope) { text(&$0) }
    }

    private func text(_ builder: inout QueryBuilder) -> String {
        let (actorText, actorMissing) = builder.text(of: actor)
        if actorMissing != "0" { builder.keep("NOT (\(actorMissing))") }
        let columns = [
            "\(actorText) AS actor", "toUnixTimestamp64Milli(created_at) AS at", "toUInt128(id) AS number",
            "CAST(event_name AS String) AS name", "toUInt8(\(builder.condition(anchor))) AS is_anchor",
        ]
        // A run's place is how many runs there are up to its event.
        let merge = mergesRepeats
        let all = "arrayMap(x -> x.3, sorted)"
        let upTo = "arraySlice(\(all), 1, arrayFirstIndex(x -> x.4 = 1, sorted))"
        return """
            SELECT names, place, ends, count() AS actors
            FROM (
                SELECT arraySlice(path, first, last - first + 1) AS names, anchor - first + 1 AS place,
                    length(path) <= last AS ends, greatest(anchor - \(stepsBefore), 1) AS first,
                    anchor + \(stepsAfter) AS last, path, anchor
                FROM (
                    SELECT \(merge ? "arrayCompact(\(all))" : all) AS path,
                        toInt64(length(\(merge ? "arrayCompact(\(upTo))" : upTo))) AS anchor
                    FROM (
                        SELECT arraySort(groupArray((at, number, name, is_anchor))) AS sorted
                        FROM (SELECT \(columns.joined(separator: ", ")) FROM \(builder.rows))
                        GROUP BY actor HAVING max(is_anchor) = 1)))
            GROUP BY names, place, ends
            """
    }
}
