import ClickHouseProtocol
import Events

/// Which events mean much the same as another one.
public struct SimilarQuestion: Hashable, Sendable {
    enum Field: String, CaseIterable, Sendable {
        case input, output

        var column: String { self == .input ? "input_embeddings" : "output_embeddings" }
    }

    /// What others are held against.
    enum Reference: Hashable, Sendable {
        case event(EventID)
        case embedding([Double])
    }

    let scope: QuestionScope
    let reference: Reference
    let field: Field
    let limit: Int

    /// The most numbers to an embedding.
    static let mostNumbers = 65_536

    init(_ object: inout QuestionObject, now: Timestamp) throws(QuestionError) {
        scope = try QuestionScope(&object, now: now, isOfAllTime: true)
        let (id, embedding) = (object.take("id"), object.take("embedding"))
        switch (id, embedding) {
        case (nil, nil): throw QuestionError("id", "is missing: give `id` or `embedding`")
        case (_?, let embedding?): throw embedding.wrong("must not be given beside `id`")
        case (let field?, nil):
            guard let id = EventID(try field.text()) else {
                throw field.wrong("must be a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")
            }
            reference = .event(id)
        case (nil, let field?):
            var numbers: [Double] = []
            for element in try field.list(1...Self.mostNumbers) { numbers.append(try element.number()) }
            guard numbers.contains(where: { $0 != 0 }) else { throw field.wrong("must not be of zeros alone") }
            reference = .embedding(numbers)
        }
        field = try object.require("field").choice(Field.self)
        limit = try object.take("limit")?.integer(1...1000) ?? 10
        // There is no vector index: the answer is exact, whichever is asked for.
        _ = try object.take("approximate")?.bool()
    }

    /// The `id`s and `distance`s, the least first.
    func nearest(to embedding: [Double], but id: EventID?) -> QuestionQuery {
        var builder = QueryBuilder(scope, from: .rows)
        let wanted = builder.value(.array(embedding.map { .double($0) }), "Array(Float64)")
        let size = builder.value(.uint(UInt64(embedding.count)), "UInt64")
        builder.keep("length(\(field.column)) = \(size)")
        if let id { builder.keep("id != \(builder.value(.string(id.description), "UUID"))") }
        let limit = builder.value(.uint(UInt64(limit)), "UInt64")
        return QuestionQuery(
            text: """
                SELECT id, distance
                FROM (SELECT id, cosineDistance(\(field.column), \(wanted)) AS distance FROM \(builder.rows))
                WHERE isFinite(distance)
                ORDER BY distance, toUInt128(id) LIMIT \(limit)
                """,
            parameters: builder.parameters)
    }

    /// The embedding of an event, as `embedding`.
    func embedding(of id: EventID) -> QuestionQuery {
        QuestionQuery(
            text: """
                SELECT arrayMap(x -> toFloat64(x), \(field.column)) AS embedding FROM events FINAL
                WHERE (conversation_id, created_at, id) IN (
                    SELECT conversation_id, created_at, id FROM event_keys WHERE toUInt128(id) = toUInt128({id:UUID}))
                """,
            parameters: [.init("id", .string(id.description))])
    }
}
