import Events

/// What the operations refer to.
extension OpenAPIDocument {
    private var uuid: DocumentNode {
        ["type": "string", "format": "uuid", "examples": ["01890a5d-ac96-774b-bcce-b302099a8057"]]
    }

    private func text(_ description: String) -> DocumentNode { ["type": "string", "description": .text(description)] }
    private var count: DocumentNode { ["type": "integer", "minimum": 0] }
    private var time: DocumentNode {
        ["type": "string", "format": "date-time", "examples": ["2026-01-09T12:34:56.789Z"]]
    }

    private var name: DocumentNode {
        guard let names = configuration.eventNames.list else { return ["type": "string", "minLength": 1] }
        return ["type": "string", "enum": .list(names.map { .text($0) })]
    }

    /// The fields that may change. Null is the same as leaving one out.
    private var mutable: [(name: String, value: DocumentNode)] {
        let numbers: DocumentNode = [
            "type": ["array", "null"], "items": ["type": "number"], "description": "Kept as 32-bit floats.",
        ]
        return [
            ("event_name", name),
            (
                "conversation_metadata",
                ["type": ["string", "null"], "description": "A JSON object as text, as a rule."]
            ),
            ("error", ["type": ["string", "null"], "description": "Empty where nothing went wrong."]),
            ("latency", ["type": ["number", "null"], "minimum": 0, "description": "Milliseconds."]),
            ("input", ["type": ["string", "null"]]), ("output", ["type": ["string", "null"]]),
            ("input_embeddings", numbers), ("output_embeddings", numbers),
        ]
    }

    /// Those of a change: a name may be left as it is.
    private var changing: [(name: String, value: DocumentNode)] {
        let name: DocumentNode = ["anyOf": [name, ["type": "null"]]]
        return mutable.map { $0.name == "event_name" ? ($0.name, name) : $0 }
    }

    private var creating: [(name: String, value: DocumentNode)] {
        [
            ("id", ["type": ["string", "null"], "format": "uuid", "description": "Made where it is missing."]),
            ("conversation_id", ["type": "string", "minLength": 1, "description": "Up to 2,048 bytes of UTF-8."]),
            (
                "created_at",
                [
                    "type": ["string", "null"], "format": "date-time", "minLength": 20,
                    "description":
                        "When it happened: from 2000-01-01 to five minutes from now; now where it is missing.",
                ]
            ),
        ] + mutable
    }

    private func object(
        _ members: [(name: String, value: DocumentNode)], required: [String] = [], more: [(String, DocumentNode)] = []
    ) -> DocumentNode {
        var all: [(name: String, value: DocumentNode)] = [("type", "object"), ("properties", .object(members))]
        if !required.isEmpty { all.append(("required", .list(required.map { .text($0) }))) }
        return .object(all + more.map { (name: $0.0, value: $0.1) })
    }

    /// An object all of whose members are always there.
    private func row(_ members: [(name: String, value: DocumentNode)]) -> DocumentNode {
        object(members, required: members.map(\.name))
    }

    var schemas: DocumentNode {
        let text: DocumentNode = ["type": "string"]
        let number: DocumentNode = ["type": "number"]
        let numbers: DocumentNode = ["type": "array", "items": ["type": "number"]]
        let own: [(name: String, value: DocumentNode)] = [
            ("NewEvent", object(creating, required: ["conversation_id", "event_name"])),
            ("EventChange", object(changing, more: [("minProperties", 1)])),
            (
                "BatchItem",
                object(
                    [("operation", ["enum": ["create", "update", "delete"], "description": "create where missing"])]
                        + creating)
            ),
            (
                "Event",
                row([
                    ("id", uuid), ("conversation_id", text), ("conversation_metadata", text), ("event_name", text),
                    ("error", text), ("latency", number), ("input", text), ("output", text),
                    ("input_embeddings", numbers), ("output_embeddings", numbers), ("created_at", time),
                    ("updated_at", time),
                ])
            ),
            (
                "Queued",
                row([
                    ("success", ["const": true]), ("message", text), ("data", row([("id", uuid)])),
                ])
            ),
            (
                "BatchAnswer",
                object(
                    [
                        ("success", ["type": "boolean"]), ("message", text), ("error", text),
                        (
                            "data",
                            row([
                                ("accepted", count), ("rejected", count),
                                (
                                    "ids",
                                    [
                                        "type": "array", "items": ["type": ["string", "null"]],
                                        "description": "A place for each item, null where it was refused.",
                                    ]
                                ),
                                ("errors", ["type": "array", "items": row([("index", count), ("error", text)])]),
                            ])
                        ),
                    ], required: ["success", "data"])
            ),
            (
                "ErrorCount",
                row([
                    ("date", ["type": "string", "format": "date"]), ("event_name", text), ("error_count", count),
                    ("total_count", count),
                ])
            ),
            (
                "Latency",
                row([
                    ("conversation_id", text), ("event_name", text), ("p95_latency", number), ("event_count", count),
                ])
            ),
            (
                "ErrorRate",
                row([
                    ("conversation_id", text), ("total_events", count), ("error_events", count), ("error_rate", number),
                ])
            ),
            (
                "Conversation",
                row([
                    ("conversation_id", text), ("first_event_at", time), ("last_event_at", time),
                    ("event_count", count),
                    ("error_count", count),
                    (
                        "total_latency",
                        [
                            "type": ["number", "null"],
                            "description": "Null where it is more than a 64-bit float holds.",
                        ]
                    ), ("metadata", text),
                ])
            ),
            ("EventName", row([("event_name", text), ("count", count)])),
            ("Message", row([("success", ["const": true]), ("message", text)])),
            (
                "Readiness",
                object(
                    [
                        ("success", ["type": "boolean"]), ("message", text), ("error", text),
                        (
                            "data",
                            [
                                "type": "object",
                                "additionalProperties": object(
                                    [("ready", ["type": "boolean"]), ("problem", text), ("since", time)],
                                    required: ["ready"]),
                            ]
                        ),
                    ], required: ["success"])
            ),
            (
                "Error",
                object(
                    [
                        ("success", ["const": false]), ("error", self.text("What is wrong, and what to do.")),
                        ("data", ["description": "Of a batch of which nothing was accepted: see BatchAnswer."]),
                    ], required: ["success", "error"])
            ),
        ]
        return .object(own + questionSchemas)
    }

    var responses: DocumentNode {
        let error: DocumentNode = ["application/json": ["schema": APIOperation.reference("schemas", "Error")]]
        return [
            "Refused": ["description": "Refused: `error` says why.", "content": error],
            "Unavailable": [
                "description": "Not now: Kafka or ClickHouse cannot be reached, or too much is asked for at once.",
                "headers": ["Retry-After": APIOperation.reference("headers", "RetryAfter")], "content": error,
            ],
        ]
    }

    private func query(_ name: String, _ schema: DocumentNode, _ description: String) -> DocumentNode {
        ["name": .text(name), "in": "query", "schema": schema, "description": .text(description)]
    }

    private func path(_ name: String, _ schema: DocumentNode, _ description: String) -> DocumentNode {
        [
            "name": .text(name), "in": "path", "required": true, "schema": schema, "description": .text(description),
        ]
    }

    private func whole(_ range: ClosedRange<Int>, _ standard: Int? = nil) -> DocumentNode {
        var members: [(name: String, value: DocumentNode)] = [
            ("type", "integer"), ("minimum", .number(range.lowerBound)), ("maximum", .number(range.upperBound)),
        ]
        if let standard { members.append(("default", .number(standard))) }
        return .object(members)
    }

    var parameters: DocumentNode {
        let text: DocumentNode = ["type": "string", "minLength": 1]
        let latency: DocumentNode = ["type": "number", "minimum": 0]
        return .object([
            ("id", path("id", uuid, "The event's id.")),
            ("conversationPath", path("conversation_id", text, "The conversation's id, percent-encoded.")),
            (
                "eventNameRequired",
                ["name": "event_name", "in": "query", "required": true, "schema": text, "description": "Any name."]
            ),
            ("days", query("days", whole(1...3650), "How many days, counted back from now.")),
            ("ranking", query("limit", whole(1...10_000, 100), "How many at most.")),
            ("limit", query("limit", whole(1...1_000, 100), "How many at most.")),
            (
                "conversationLimit",
                query("limit", whole(1...10_000), "How many at most; without it, and a cursor, all.")
            ),
            ("cursor", query("cursor", text, "`next_cursor` of the page before.")),
            ("conversation_id", query("conversation_id", text, "Those of one conversation.")),
            (
                "event_name",
                [
                    "name": "event_name", "in": "query", "explode": true,
                    "schema": ["type": "array", "items": text], "description": "Any of these names.",
                ]
            ),
            ("error", query("error", ["type": "boolean"], "Those with an error, or those without.")),
            ("latency_min", query("latency_min", latency, "Milliseconds, inclusive.")),
            ("latency_max", query("latency_max", latency, "Milliseconds, inclusive.")),
            ("from", query("from", time, "Created then or later.")),
            ("to", query("to", time, "Created before then.")),
            ("q", query("q", text, "Words that each stand in input, output or error, whatever the case.")),
            (
                "metadata",
                [
                    "name": "metadata", "in": "query", "style": "form", "explode": true,
                    "schema": [
                        "type": "object",
                        "patternProperties": ["^metadata\\..+$": ["type": "string", "minLength": 1]],
                        "additionalProperties": false,
                    ],
                    "description":
                        "`metadata.PATH=VALUE`: the text of a value in `conversation_metadata` where that is a JSON object.",
                ]
            ),
            ("format", query("format", ["enum": ["ndjson", "csv"], "default": "ndjson"], "How events are written.")),
        ])
    }
}
