import Bytes

/// A request's method (RFC 9110, section 9).
public enum HTTPMethod: Hashable, Sendable, CustomStringConvertible {
    /// Reads.
    case get
    /// Reads the headers alone.
    case head
    /// Hands something over.
    case post
    /// Replaces or changes.
    case put
    /// Deletes.
    case delete
    /// Changes in part.
    case patch
    /// Asks what may be done.
    case options
    /// Any other token, as it came: methods are case-sensitive.
    case other(String)

    /// The method of a token's bytes.
    init(_ token: RawSpan) {
        switch token.byteCount {
        case 3 where token.holds("GET"): self = .get
        case 3 where token.holds("PUT"): self = .put
        case 4 where token.holds("POST"): self = .post
        case 4 where token.holds("HEAD"): self = .head
        case 5 where token.holds("PATCH"): self = .patch
        case 6 where token.holds("DELETE"): self = .delete
        case 7 where token.holds("OPTIONS"): self = .options
        default: self = .other(String(validating: token) ?? "")
        }
    }

    /// The token.
    public var description: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .patch: "PATCH"
        case .options: "OPTIONS"
        case .other(let token): token
        }
    }
}
