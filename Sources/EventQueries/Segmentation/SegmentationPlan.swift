import ClickHouseProtocol

/// The queries of a segmentation: which groups come first, then the figures of those and of the rest.
struct SegmentationPlan {
    let question: SegmentationQuestion

    /// The first groups, and one more where there is one, in their order: how their keys are told apart (`code`), and for
    /// each field `key_N` and whether it is missing.
    func groups() -> QuestionQuery {
        QuestionQuery(question.scope) { groups(&$0) }
    }

    private func groups(_ builder: inout QueryBuilder) -> String {
        let keys = keys(&builder)
        var columns = ["\(Self.code(keys.count)) AS code"]
        var order = ["rank DESC"]
        for index in keys.indices {
            columns += ["key_\(index)", "missing_\(index)"]
            order += ["missing_\(index)", "key_\(index)"]
        }
        let rank = measure(question.measures[0])
        let limit = builder.value(.uint(UInt64(question.top + 1)), "UInt64")
        return """
            SELECT \(columns.joined(separator: ", ")), \(rank) AS rank
            FROM (SELECT \(inner(keys, &builder, bucket: false)) FROM \(builder.rows))
            GROUP BY \(keys.indices.map { "key_\($0), missing_\($0)" }.joined(separator: ", "))
            ORDER BY \(order.joined(separator: ", ")) LIMIT \(limit)
            """
    }

    /// The figures: `grp` is the group's place from 1 on, 0 for the rest; `bucket` where the interval begins; a row with
    /// `is_total` 1 is about the whole range.
    ///
    /// - Parameter codes: The groups, where there is a breakdown.
    func figures(_ codes: [String]) -> QuestionQuery {
        QuestionQuery(question.scope) { figures(codes, &$0) }
    }

    private func figures(_ codes: [String], _ builder: inout QueryBuilder) -> String {
        let keys = keys(&builder)
        var group = "toUInt32(1)"
        if !keys.isEmpty {
            let known = builder.texts(codes)
            let places = builder.value(.array(codes.indices.map { .uint(UInt64($0 + 1)) }), "Array(UInt32)")
            group =
                codes.isEmpty ? "toUInt32(0)" : "transform(\(Self.code(keys.count)), \(known), \(places), toUInt32(0))"
        }
        // Rows are looked at once: what each interval comes to is kept so that it can be put together to the whole.
        var (states, columns): ([String], [String]) = ([], [])
        for (index, kind) in question.measures.enumerated() {
            states.append("\(state(kind)) AS s_\(index)")
            columns.append("toFloat64(\(merged(kind, "s_\(index)"))) AS m_\(index)")
        }
        return """
            SELECT grp, bucket, grouping(bucket) AS is_total, \(columns.joined(separator: ", "))
            FROM (
                SELECT grp, bucket, count() AS events, \(states.joined(separator: ", "))
                FROM (SELECT *, \(group) AS grp FROM (SELECT \(inner(keys, &builder, bucket: true)) FROM \(builder.rows)))
                GROUP BY grp, bucket)
            GROUP BY GROUPING SETS ((grp, bucket), (grp))
            """
    }

    private func keys(_ builder: inout QueryBuilder) -> [(text: String, isMissing: String)] {
        question.breakdown.map { builder.text(of: $0) }
    }

    private func inner(
        _ keys: [(text: String, isMissing: String)], _ builder: inout QueryBuilder, bucket: Bool
    ) -> String {
        var columns = keys.enumerated().map {
            "toUInt8(\($1.isMissing)) AS missing_\($0), if(missing_\($0), '', \($1.text)) AS key_\($0)"
        }
        if question.measures.contains(.actors) {
            let (text, isMissing) = builder.text(of: question.actor)
            columns += ["\(text) AS actor_text", "toUInt8(\(isMissing)) AS actor_missing"]
        }
        if question.measures.contains(.errorRate) { columns.append("error != '' AS has_error") }
        if question.measures.contains(where: { [.average, .p50, .p95, .p99].contains($0) }) {
            columns.append("latency AS duration")
        }
        if bucket {
            let starts = builder.value(.array(question.intervals.starts.map { .int($0) }), "Array(Int64)")
            columns.append(
                question.intervals.starts.count == 1
                    ? "toInt64(\(question.intervals.starts[0])) AS bucket"
                    : "roundDown(toUnixTimestamp64Milli(created_at), \(starts)) AS bucket")
        } else if columns.isEmpty {
            columns.append("1 AS one")
        }
        return columns.joined(separator: ", ")
    }

    private func measure(_ measure: SegmentationQuestion.Measure) -> String {
        switch measure {
        case .count: "count()"
        case .actors: "uniqExactIf(actor_text, NOT actor_missing)"
        case .errorRate: "countIf(has_error) / count()"
        case .average: "sumKahan(duration) / count()"
        case .p50, .p95, .p99: "quantileExactInclusive(\(Self.level(measure)))(duration)"
        }
    }

    /// What an interval keeps for a measure.
    private func state(_ measure: SegmentationQuestion.Measure) -> String {
        switch measure {
        case .count: "count()"
        case .actors: "uniqExactIfState(actor_text, NOT actor_missing)"
        case .errorRate: "countIf(has_error)"
        case .average: "sumKahanState(duration)"
        case .p50, .p95, .p99: "quantileExactInclusiveState(\(Self.level(measure)))(duration)"
        }
    }

    /// The measure, of what intervals kept.
    private func merged(_ measure: SegmentationQuestion.Measure, _ state: String) -> String {
        switch measure {
        case .count: "sum(\(state))"
        case .actors: "uniqExactIfMerge(\(state))"
        case .errorRate: "sum(\(state)) / sum(events)"
        case .average: "sumKahanMerge(\(state)) / sum(events)"
        case .p50, .p95, .p99: "quantileExactInclusiveMerge(\(Self.level(measure)))(\(state))"
        }
    }

    private static func level(_ measure: SegmentationQuestion.Measure) -> String {
        switch measure {
        case .p50: "0.5"
        case .p99: "0.99"
        default: "0.95"
        }
    }

    /// A text that two keys share only where they are the same: each part with its length before it.
    private static func code(_ count: Int) -> String {
        let parts = (0..<count).map { "toString(missing_\($0)), toString(length(key_\($0))), ':', key_\($0)" }
        return "concat(\(parts.joined(separator: ", ")))"
    }
}
