import Bytes
import HTTP

/// A request to the API, and what its answers mean.
struct Call: Sendable {
    var method: HTTPMethod
    /// The path and query, percent-encoded, without the base URL's path.
    var target: String
    var body: ByteSlice?
    var contentType = "application/json"
    /// The statuses that are no error.
    var statuses = [200]
    /// Whether sending it again, while an earlier attempt may still come into effect, can undo what came between them. So it
    /// is for updates alone: a create of an id that is there changes nothing, and nothing comes after a delete.
    var mayOvertake = false

    init(_ method: HTTPMethod, _ target: String, body: ByteSlice? = nil, statuses: [Int] = [200]) {
        self.method = method
        self.target = target
        self.body = body
        self.statuses = statuses
    }
}

/// An answer, whole and decompressed.
struct Answer: Sendable {
    var status: Int
    var body: ByteSlice
    var retryAfter: Duration?
    var requestID: String?
}
