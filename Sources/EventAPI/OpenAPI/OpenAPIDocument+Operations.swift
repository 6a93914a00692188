import HTTP

/// The routes.
extension OpenAPIDocument {
    var operations: [APIOperation] { writing + reading + lists + questions + reports + service }

    func schema(_ name: String) -> DocumentNode { APIOperation.reference("schemas", name) }
    func parameter(_ name: String) -> DocumentNode { APIOperation.reference("parameters", name) }

    func json(_ description: String, _ schema: DocumentNode) -> DocumentNode {
        ["description": .text(description), "content": ["application/json": ["schema": schema]]]
    }

    func data(_ description: String, _ data: DocumentNode) -> DocumentNode {
        json(
            description,
            [
                "type": "object", "required": ["success", "data"],
                "properties": ["success": ["const": true], "data": data],
            ])
    }

    func list(_ description: String, of item: String) -> DocumentNode {
        data(description, ["type": "array", "items": schema(item)])
    }

    private func page(_ description: String, of item: String) -> DocumentNode {
        json(
            description,
            [
                "type": "object", "required": ["success", "data"],
                "properties": [
                    "success": ["const": true], "data": ["type": "array", "items": schema(item)],
                    "next_cursor": [
                        "type": ["string", "null"],
                        "description": "Where the next page begins; null on the last one.",
                    ],
                ],
            ])
    }

    func body(_ description: String, _ content: DocumentNode) -> DocumentNode {
        ["required": true, "description": .text(description), "content": content]
    }

    private var queued: (status: Int, answer: DocumentNode) { (202, json("Kafka has it.", schema("Queued"))) }

    private var writing: [APIOperation] {
        let event = body(
            "An event, of up to \(configuration.maximumBody) bytes.",
            ["application/json": ["schema": schema("NewEvent")]])
        return [
            APIOperation(
                lets: .writesOne, method: .post, path: "/event", id: "createEvent", summary: "Create an event",
                body: event,
                answers: [queued], refusals: [400, 413, 415, 503]),
            APIOperation(
                lets: .writesOne, method: .post, path: "/event/", id: "createEventSlash",
                summary: "Create an event: the same as /event",
                body: event, answers: [queued], refusals: [400, 413, 415, 503]),
            APIOperation(
                lets: .writesOne, method: .put, path: "/event/:id", id: "updateEvent",
                summary: "Change the fields that are given; an id that no event has is accepted, and changes nothing",
                parameters: [parameter("id")],
                body: body(
                    "The fields to change, at least one.", ["application/json": ["schema": schema("EventChange")]]),
                answers: [queued], refusals: [400, 413, 415, 503]),
            APIOperation(
                lets: .writesOne, method: .delete, path: "/event/:id", id: "deleteEvent",
                summary: "Delete an event for good: its id cannot be used again", parameters: [parameter("id")],
                answers: [queued], refusals: [400, 503]),
            APIOperation(
                lets: .scope(.write), method: .post, path: "/events/batch", id: "batch",
                summary: "Create, update and delete many events; items that name the same event are applied in order",
                body: body(
                    "An array, or an object a line: up to \(configuration.maximumBatchItems) items in up to "
                        + "\(configuration.maximumBatch) bytes, each item of up to \(configuration.maximumBody).",
                    [
                        "application/json": [
                            "schema": ["type": "array", "minItems": 1, "items": schema("BatchItem")]
                        ],
                        "application/x-ndjson": ["schema": ["type": "string"]],
                    ]),
                answers: [
                    (202, json("Kafka has all of them.", schema("BatchAnswer"))),
                    (207, json("Kafka has those that are not refused.", schema("BatchAnswer"))),
                ],
                refusals: [400, 413, 415, 503]),
            APIOperation(
                lets: .scope(.write), method: .post, path: "/v1/traces", id: "exportTraces",
                summary: "Spans of OpenTelemetry (OTLP/HTTP): those of generative models become events",
                body: body(
                    "An ExportTraceServiceRequest, of up to \(configuration.maximumBatch) bytes.",
                    [
                        "application/json": ["schema": ["type": "object"]],
                        "application/x-protobuf": ["schema": ["type": "string", "format": "binary"]],
                    ]),
                answers: [
                    (200, spans("They are in Kafka, but for those that `partialSuccess` counts.")),
                    (400, spans("It cannot be decoded: a google.rpc.Status.")),
                ], refusals: [413, 415, 503]),
        ]
    }

    /// In the encoding of the request.
    private func spans(_ description: String) -> DocumentNode {
        [
            "description": .text(description),
            "content": [
                "application/json": ["schema": ["type": "object"]],
                "application/x-protobuf": ["schema": ["type": "string", "format": "binary"]],
            ],
        ]
    }

    private var reading: [APIOperation] {
        [
            APIOperation(
                lets: .scope(.read), method: .get, path: "/event/:id", id: "getEvent", summary: "One event",
                parameters: [parameter("id")], answers: [(200, data("The event.", schema("Event")))],
                refusals: [400, 404, 503]),
            APIOperation(
                lets: .scope(.read), method: .get, path: "/events/conversation/:conversation_id", id: "getConversation",
                summary: "A conversation's events, oldest first; in pages where limit or cursor is given",
                parameters: [parameter("conversationPath"), parameter("conversationLimit"), parameter("cursor")],
                answers: [(200, page("The events.", of: "Event"))], refusals: [400, 503]),
            APIOperation(
                lets: .scope(.read), method: .get, path: "/analytics/errors", id: "getErrors",
                summary: "Errors and events of a name, per day of UTC",
                parameters: [parameter("eventNameRequired"), parameter("days")],
                answers: [(200, list("Per day, ascending.", of: "ErrorCount"))], refusals: [400, 503]),
            APIOperation(
                lets: .scope(.read), method: .get, path: "/analytics/latency", id: "getLatency",
                summary: "The 95th percentile of the latency per conversation and name, descending",
                parameters: [parameter("ranking"), parameter("days")],
                answers: [(200, list("The slowest.", of: "Latency"))], refusals: [400, 503]),
            APIOperation(
                lets: .scope(.read), method: .get, path: "/analytics/sessions/top-errors", id: "getTopErrors",
                summary: "The conversations with the highest share of errors",
                parameters: [parameter("ranking"), parameter("days")],
                answers: [(200, list("The worst.", of: "ErrorRate"))], refusals: [400, 503]),
        ]
    }

    private var filters: [DocumentNode] {
        [
            "conversation_id", "event_name", "error", "latency_min", "latency_max", "from", "to", "q", "metadata",
        ].map { parameter($0) }
    }

    private var lists: [APIOperation] {
        let streams: DocumentNode = [
            "description": "The events, oldest first, as they come.",
            "content": [
                "application/x-ndjson": ["schema": ["type": "string"]], "text/csv": ["schema": ["type": "string"]],
            ],
        ]
        return [
            APIOperation(
                lets: .scope(.read), method: .get, path: "/events", id: "listEvents", summary: "Events, newest first",
                parameters: filters + [parameter("limit"), parameter("cursor")],
                answers: [(200, page("A page.", of: "Event"))], refusals: [400, 503]),
            APIOperation(
                lets: .scope(.read), method: .get, path: "/conversations", id: "listConversations",
                summary: "Conversations with an event that all filters hold for, by last event, descending",
                parameters: filters + [parameter("limit"), parameter("cursor")],
                answers: [(200, page("A page.", of: "Conversation"))], refusals: [400, 503]),
            APIOperation(
                lets: .scope(.read), method: .get, path: "/event-names", id: "listEventNames",
                summary: "Names, and how many events have them",
                answers: [(200, list("By count, descending.", of: "EventName"))], refusals: [503]),
            APIOperation(
                lets: .scope(.read), method: .get, path: "/events/live", id: "live",
                summary: "Creates as they are accepted, as server-sent events; the connection stays open",
                parameters: ["event_name", "conversation_id", "error"].map { parameter($0) },
                answers: [
                    (
                        200,
                        [
                            "description":
                                "Each event as JSON in `data`, its id as `id`; `event: dropped` with a count where too many came.",
                            "content": ["text/event-stream": ["schema": ["type": "string"]]],
                        ]
                    )
                ], refusals: [400, 503]),
            APIOperation(
                lets: .scope(.read), method: .get, path: "/export", id: "export",
                summary: "Every event that the filters pick",
                parameters: filters + [parameter("format")], answers: [(200, streams)], refusals: [400, 503]),
        ]
    }

    private var service: [APIOperation] {
        [
            APIOperation(
                lets: .open, method: .get, path: "/health", id: "health", summary: "Whether the process lives",
                answers: [(200, json("It does.", schema("Message")))]),
            APIOperation(
                lets: .open, method: .get, path: "/ping", id: "ping",
                summary: "Whether the process lives, in as few bytes as it takes",
                answers: [(204, ["description": "It does."])]),
            APIOperation(
                lets: .open, method: .get, path: "/ready", id: "ready",
                summary: "Whether Kafka, ClickHouse and the schema are ready",
                answers: [
                    (200, json("They are.", schema("Readiness"))), (503, json("One is not.", schema("Readiness"))),
                ]),
            APIOperation(
                lets: .scope(.admin), method: .get, path: "/pipeline/status", id: "status",
                summary: "How the pipeline fares: rates of the last minute, lag, dead letters, processes",
                answers: [
                    (
                        200,
                        data(
                            "What is known of it.",
                            [
                                "type": "object",
                                "required": [
                                    "rates", "lag", "dead_letters", "partitions", "processes", "problems",
                                ],
                            ])
                    )
                ]),
            APIOperation(
                lets: .scope(.admin), method: .get, path: "/metrics", id: "metrics",
                summary: "Metrics in Prometheus' text format",
                answers: [
                    (200, ["description": "The metrics.", "content": ["text/plain": ["schema": ["type": "string"]]]])
                ]),
            APIOperation(
                lets: .open, method: .get, path: "/openapi.json", id: "openapi", summary: "This document",
                answers: [(200, json("The document.", ["type": "object"]))]),
        ]
    }
}
