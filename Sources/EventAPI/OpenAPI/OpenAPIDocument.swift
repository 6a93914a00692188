import Bytes
import Events
import HTTP

/// What the API serves, as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0).
///
/// A route that is added to the router is added to `operations`, too: a test holds the two side by side.
struct OpenAPIDocument {
    let configuration: EventAPIConfiguration

    /// The document as JSON.
    var json: ByteSlice {
        var writer = ByteWriter(capacity: 32_768)
        root.write(into: &writer)
        return writer.finish()
    }

    var root: DocumentNode {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Event analytics", "version": "1.0.0",
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
                "description": .text(Self.description),
            ],
            "servers": [["url": "/"]],
            "paths": paths,
            "components": [
                "securitySchemes": securitySchemes,
                "schemas": schemas, "parameters": parameters, "responses": responses,
                "headers": [
                    "RetryAfter": [
                        "description": "After how many seconds to try again.",
                        "schema": ["type": "integer", "minimum": 0],
                    ]
                ],
            ],
        ]
    }

    private static let description = """
        Events of conversations: accepted over HTTP, kept in Kafka, read from ClickHouse. Bodies may come with \
        `Content-Encoding: gzip`, answers of 1 KiB and more come so where `Accept-Encoding` allows it. GET is answered for \
        HEAD, too; any path is answered for OPTIONS. Every answer with a status of 400 or more has an `error` that says \
        what is wrong, and what to do.
        """

    /// How a key is sent, where keys are asked for.
    private var securitySchemes: DocumentNode {
        guard configuration.keys != nil else { return .object([]) }
        return [
            "bearer": ["type": "http", "scheme": "bearer", "description": "An API key."],
            "apiKey": ["type": "apiKey", "in": "header", "name": "X-API-Key"],
        ]
    }

    /// By path, then by method.
    private var paths: DocumentNode {
        var paths: [(name: String, value: [(name: String, value: DocumentNode)])] = []
        for operation in operations {
            let path = operation.openAPIPath
            let member = (name: operation.method.description.lowercased(), value: operation.node(configuration))
            if let place = paths.firstIndex(where: { $0.name == path }) {
                paths[place].value.append(member)
            } else {
                paths.append((path, [member]))
            }
        }
        return .object(paths.map { (name: $0.name, value: .object($0.value)) })
    }
}

/// One method of one path.
struct APIOperation {
    /// Whom it lets in, where keys are asked for.
    let lets: APIRoutes.Guard
    let method: HTTPMethod
    /// The path as the router has it: `/event/:id`.
    let path: String
    let id: String
    let summary: String
    var parameters: [DocumentNode] = []
    var body: DocumentNode?
    /// What is answered where all is well, by status.
    let answers: [(status: Int, answer: DocumentNode)]
    /// The refusals that are told of one by one, by status; any other is the default.
    var refusals: [Int] = []

    var openAPIPath: String {
        path.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.first == ":" ? "{\($0.dropFirst())}" : String($0) }.joined(separator: "/")
    }

    /// - Parameter configuration: Whether keys are asked for, and whether there is a limit to what a client may write.
    func node(_ configuration: EventAPIConfiguration) -> DocumentNode {
        var members: [(name: String, value: DocumentNode)] = [("operationId", .text(id)), ("summary", .text(summary))]
        if !parameters.isEmpty { members.append(("parameters", .list(parameters))) }
        if let body { members.append(("requestBody", body)) }
        var responses = answers.map { (name: "\($0.status)", value: $0.answer) }
        var refusals = refusals
        if configuration.keys != nil, lets != .open {
            members.append(("security", [["bearer": .list([])], ["apiKey": .list([])]]))
            members.append(("description", .text("Wants a key with the scope `\(lets.scope?.rawValue ?? "")`.")))
            refusals += [401, 403]
        }
        if configuration.eventsPerSecond != nil, lets.scope == .write { refusals.append(429) }
        for status in refusals.sorted() {
            responses.append(
                ("\(status)", Self.reference("responses", [429, 503].contains(status) ? "Unavailable" : "Refused")))
        }
        responses.append(("default", Self.reference("responses", "Refused")))
        members.append(("responses", .object(responses)))
        return .object(members)
    }

    static func reference(_ kind: String, _ name: String) -> DocumentNode {
        ["$ref": .text("#/components/\(kind)/\(name)")]
    }
}
