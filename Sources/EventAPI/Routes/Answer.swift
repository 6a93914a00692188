import Bytes
import Events
import HTTP
import JSON

/// The forms of the API's answers.
enum Answer {
    /// An operation is in Kafka.
    static func queued(_ message: StaticString, _ id: EventID) -> HTTPResponse {
        var writer = ByteWriter(capacity: 128)
        writer.write(literal: "{\"success\":true,\"message\":\"")
        writer.write(literal: message)
        writer.write(literal: "\",\"data\":{\"id\":\"")
        id.write(into: &writer)
        writer.write(literal: "\"}}")
        return .json(.accepted, writer.finish())
    }

    /// All is well.
    static var ok: HTTPResponse { .json(.ok, okBody) }

    private static let okBody = ByteSlice(utf8: "{\"success\":true,\"message\":\"ok\"}")

    /// What stands before and behind the data of a read.
    static let dataHead: StaticString = "{\"success\":true,\"data\":"
    static let dataTail: StaticString = "}"

    /// The data of a read, JSON already.
    static func data(_ json: ByteSlice) -> HTTPResponse {
        var writer = ByteWriter(capacity: json.count + 32)
        writer.write(literal: dataHead)
        writer.write(json)
        writer.write(literal: dataTail)
        return .json(.ok, writer.finish())
    }

    /// Why there is no answer.
    static func refusal(_ error: HTTPError) -> HTTPResponse {
        var writer = ByteWriter(capacity: 128)
        writer.write(literal: "{\"success\":false,\"error\":")
        writer.writeJSONString(error.message)
        writer.write(literal: "}")
        return .json(error.status, writer.finish(), headers: error.headers)
    }
}
