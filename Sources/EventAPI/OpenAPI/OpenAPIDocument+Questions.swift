import EventQueries
import HTTP

/// Questions and what is saved of them.
extension OpenAPIDocument {
    var questions: [APIOperation] {
        Question.Kind.allCases.map { kind in
            let (summary, schema, data) = describe(kind)
            return APIOperation(
                lets: .scope(.read), method: .post, path: "/query/\(kind.rawValue)",
                id: "ask\(kind.rawValue.capitalizedWord)",
                summary: summary,
                body: body(
                    "The question; whatever it does not say is as a rule.", ["application/json": ["schema": schema]]),
                answers: [
                    (
                        200,
                        json(
                            "The answer.",
                            [
                                "type": "object", "required": ["success", "data", "meta"],
                                "properties": [
                                    "success": ["const": true], "data": data, "meta": self.schema("AnswerMeta"),
                                ],
                            ])
                    )
                ],
                refusals: kind == .similar ? [400, 404, 413, 415, 503] : [400, 413, 415, 503])
        }
    }

    var reports: [APIOperation] {
        let saved = body("A question and how it is drawn.", ["application/json": ["schema": schema("SavedQuestion")]])
        return [
            APIOperation(
                lets: .scope(.read), method: .get, path: "/reports", id: "listReports",
                summary: "Saved questions, by name",
                answers: [(200, list("They.", of: "Report"))], refusals: [503]),
            APIOperation(
                lets: .scope(.admin), method: .post, path: "/reports", id: "createReport", summary: "Save a question",
                body: saved, answers: [(201, data("It is saved.", schema("Report")))], refusals: [400, 413, 415, 503]),
            APIOperation(
                lets: .scope(.read), method: .get, path: "/reports/:id", id: "getReport", summary: "A saved question",
                parameters: [parameter("id")], answers: [(200, data("It.", schema("Report")))],
                refusals: [400, 404, 503]),
            APIOperation(
                lets: .scope(.admin), method: .put, path: "/reports/:id", id: "updateReport",
                summary: "Save another question in its place", parameters: [parameter("id")], body: saved,
                answers: [(200, data("It is saved.", schema("Report")))], refusals: [400, 404, 413, 415, 503]),
            APIOperation(
                lets: .scope(.admin), method: .delete, path: "/reports/:id", id: "deleteReport",
                summary: "Delete a saved question", parameters: [parameter("id")],
                answers: [(200, json("It is deleted.", schema("Message")))], refusals: [400, 404, 503]),
        ]
    }

    private func describe(_ kind: Question.Kind) -> (summary: String, question: DocumentNode, data: DocumentNode) {
        let any: DocumentNode = ["type": "object"]
        let rows: DocumentNode = ["type": "array", "items": any]
        func object(_ names: String...) -> DocumentNode {
            ["type": "object", "required": .list(names.map { .text($0) })]
        }
        switch kind {
        case .segmentation:
            return (
                "How much, how fast and how often, over time and by groups",
                question([
                    (
                        "measures",
                        texts([
                            "count", "actors", "error_rate", "latency_avg", "latency_p50", "latency_p95", "latency_p99",
                        ])
                    ),
                    ("interval", choice(["minute", "hour", "day", "week", "month", "none"])), ("actor", text),
                    ("breakdown", ["type": "array", "maxItems": 3, "items": text]), ("top", number(1, 1000)),
                ]), object("times", "groups")
            )
        case .funnel:
            return (
                "How many take one step after the other, and how long that takes them",
                question(
                    [
                        ("steps", ["type": "array", "minItems": 2, "maxItems": 20, "items": schema("EventMatcher")]),
                        ("window_ms", number(1, nil)), ("order", choice(["ordered", "strict"])), ("actor", text),
                        ("breakdown", text), ("top", number(1, 1000)), ("actors_at", number(1, 20)),
                        ("dropped", ["type": "boolean"]),
                    ], required: ["steps"]), object("steps", "groups")
            )
        case .retention:
            return (
                "Whether those who began come back",
                question([
                    ("start", schema("EventMatcher")), ("return", schema("EventMatcher")), ("actor", text),
                    ("interval", choice(["day", "week", "month"])), ("periods", number(1, 90)),
                    ("mode", choice(["first", "recurring"])),
                ]), rows
            )
        case .flows:
            return (
                "What comes before and after an event",
                question(
                    [
                        ("anchor", schema("EventMatcher")), ("steps_before", number(0, 5)),
                        ("steps_after", number(0, 5)),
                        ("top", number(1, 1000)), ("merge_repeats", ["type": "boolean"]), ("actor", text),
                    ], required: ["anchor"]), object("nodes", "edges")
            )
        case .similar:
            return (
                "Which events mean much the same as another one",
                question(
                    [
                        ("id", ["type": "string", "format": "uuid"]),
                        ("embedding", ["type": "array", "minItems": 1, "items": ["type": "number"]]),
                        ("field", choice(["input", "output"])), ("limit", number(1, 1000)),
                        ("approximate", ["type": "boolean"]),
                    ], required: ["field"]), rows
            )
        case .conversations:
            return (
                "How long conversations are, how long they take, and where they end", question([]),
                object("conversations", "length", "duration_ms", "total_latency", "ends")
            )
        }
    }

    private var text: DocumentNode { ["type": "string"] }

    private func choice(_ names: [String]) -> DocumentNode {
        ["type": "string", "enum": .list(names.map { .text($0) })]
    }

    private func texts(_ names: [String]) -> DocumentNode {
        ["type": "array", "minItems": 1, "uniqueItems": true, "items": choice(names)]
    }

    private func number(_ least: Int, _ most: Int?) -> DocumentNode {
        var members: [(name: String, value: DocumentNode)] = [("type", "integer"), ("minimum", .number(least))]
        if let most { members.append(("maximum", .number(most))) }
        return .object(members)
    }

    /// A question's fields, those that all questions have included.
    private func question(
        _ fields: [(name: String, value: DocumentNode)], required: [String] = []
    ) -> DocumentNode {
        let time: DocumentNode = ["type": "string", "format": "date-time"]
        let shared: [(name: String, value: DocumentNode)] = [
            ("from", time), ("to", time), ("timezone", text), ("filters", schema("Filters")),
            // Less is taken, down to 1; whoever asks for it means to be refused where there is no answer by then.
            ("deadline_ms", number(1_000, 60_000)),
        ]
        var members: [(name: String, value: DocumentNode)] = [
            ("type", "object"), ("additionalProperties", false), ("properties", .object(shared + fields)),
        ]
        if !required.isEmpty { members.append(("required", .list(required.map { .text($0) }))) }
        return .object(members)
    }

    /// What the operations refer to.
    var questionSchemas: [(name: String, value: DocumentNode)] {
        let count: DocumentNode = ["type": "integer", "minimum": 0]
        return [
            (
                "Filters",
                [
                    "type": "array", "maxItems": 64,
                    "items": [
                        "type": "object", "additionalProperties": false, "required": ["field", "op"],
                        "properties": [
                            "field": [
                                "type": "string",
                                "description":
                                    "event_name, conversation_id, error, input, output, latency, created_at, or metadata.PATH",
                            ],
                            "op": choice([
                                "=", "!=", "in", "not in", "contains", "starts with", ">", ">=", "<", "<=", "exists",
                                "not exists",
                            ]),
                            "value": .object([]),
                        ],
                    ],
                ]
            ),
            (
                "EventMatcher",
                [
                    "type": "object", "additionalProperties": false,
                    "properties": [
                        "event_name": ["anyOf": [text, ["type": "array", "minItems": 1, "items": text]]],
                        "filters": schema("Filters"),
                    ],
                ]
            ),
            (
                "AnswerMeta",
                [
                    "type": "object", "required": ["rows_read", "elapsed_ms", "from", "to"],
                    "properties": [
                        "rows_read": count, "elapsed_ms": count, "from": ["type": "string", "format": "date-time"],
                        "to": ["type": "string", "format": "date-time"], "method": text,
                    ],
                ]
            ),
            (
                "SavedQuestion",
                [
                    "type": "object", "additionalProperties": false, "required": ["name", "query", "question"],
                    "properties": [
                        "name": ["type": "string", "minLength": 1, "maxLength": 256],
                        "query": choice(Question.Kind.allCases.map(\.rawValue)), "question": ["type": "object"],
                        "chart": ["type": ["object", "null"]],
                    ],
                ]
            ),
            (
                "Report",
                [
                    "type": "object",
                    "required": ["id", "name", "query", "question", "chart", "created_at", "updated_at"],
                    "properties": [
                        "id": ["type": "string", "format": "uuid"], "name": text, "query": text,
                        "question": ["type": "object"], "chart": ["type": "object"],
                        "created_at": ["type": "string", "format": "date-time"],
                        "updated_at": ["type": "string", "format": "date-time"],
                    ],
                ]
            ),
        ]
    }
}

extension String {
    fileprivate var capitalizedWord: String { prefix(1).uppercased() + dropFirst() }
}
