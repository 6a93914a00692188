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

    /// A list up to so many bytes is answered as a whole; of a longer one nothing is kept: it is asked for again, and sent
    /// as it comes.
    static let wholeLimit = 1 << 20

    /// A page of a list, JSON already, and the cursor of the next one.
    static func page(_ json: ByteSlice, next: String?) -> HTTPResponse {
        var writer = ByteWriter(capacity: json.count + 128)
        writer.write(literal: dataHead)
        writer.write(json)
        writer.write(pageTail(next))
        return .json(.ok, writer.finish())
    }

    /// What stands behind the data of a page. A cursor needs no escapes.
    static func pageTail(_ next: String?) -> String { ",\"next_cursor\":\(next.map { "\"\($0)\"" } ?? "null")}" }

    /// Why there is no answer.
    static func refusal(_ error: HTTPError) -> HTTPResponse {
        var writer = ByteWriter(capacity: 128)
        writer.write(literal: "{\"success\":false,\"error\":")
        writer.writeJSONString(error.message)
        writer.write(literal: "}")
        return .json(error.status, writer.finish(), headers: error.headers)
    }
}
