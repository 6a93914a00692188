public import Bytes

/// The version of a message; others than these two are refused.
public enum HTTPVersion: Hashable, Sendable {
    /// HTTP/1.0: a connection closes after its response unless both sides say otherwise, and there are no chunks.
    case http10
    /// HTTP/1.1, or a later HTTP/1, which this server answers as HTTP/1.1.
    case http11
}

/// A request's line and headers: offsets into the bytes that were received, nothing is copied.
public struct HTTPRequestHead: Sendable {
    /// The method.
    public let method: HTTPMethod

    /// The version.
    public let version: HTTPVersion

    /// The headers.
    public let headers: HTTPHeaders

    /// How the body's end is known; never `untilClose`.
    public let framing: HTTPFraming

    /// What the client expects before it sends the body.
    public let expectation: HTTPExpectation

    /// Whether the client takes another response on this connection.
    public let keepsAlive: Bool

    let target: RequestTarget

    /// The target's path, percent-encoded as it was sent; `*` where the target is an asterisk.
    public var path: ByteSlice { headers.bytes.slice(target.path) }

    /// What follows the target's question mark, as it was sent; empty where there is none.
    public var query: ByteSlice { headers.bytes.slice(target.query) }

    /// The host (and port) that the client wants, from the target or the Host header; empty where it named none.
    public var host: ByteSlice { headers.bytes.slice(target.authority) }
}

/// Where a request target's parts stand in the head (RFC 9112, section 3.2).
struct RequestTarget: Sendable, Hashable {
    var path: Range<Int>
    var query: Range<Int>
    var authority: Range<Int>

    /// Finds the parts of the target in `range`, whose characters were checked.
    init(_ bytes: RawSpan, _ range: Range<Int>, method: HTTPMethod) throws(HTTPError) {
        authority = 0..<0
        var start = range.lowerBound
        if bytes.at(start) != UInt8(ascii: "/") {
            if range.count == 1, bytes.at(start) == UInt8(ascii: "*"), method == .options {
                path = range
                query = range.upperBound..<range.upperBound
                return
            }
            let text = bytes.extracting(unchecked: range)
            let scheme = text.startsIgnoringCase("http://") ? 7 : text.startsIgnoringCase("https://") ? 8 : 0
            guard scheme > 0 else { throw HTTPError(.badRequest, "the request target is no path") }
            start += scheme
            let host = start
            while start < range.upperBound, HTTPCharacters.isAuthority(bytes.at(start)) { start += 1 }
            authority = host..<start
            let next = start < range.upperBound ? bytes.at(start) : UInt8(ascii: "/")
            guard !authority.isEmpty, next == UInt8(ascii: "/") || next == UInt8(ascii: "?") else {
                throw HTTPError(.badRequest, "the request target names no host")
            }
        }
        let rest = bytes.extracting(unchecked: start..<range.upperBound)
        let mark = rest.firstIndex(of: UInt8(ascii: "?")).map { start + $0 } ?? range.upperBound
        path = start..<mark
        query = min(mark + 1, range.upperBound)..<range.upperBound
    }
}

extension RawSpan {
    /// Whether the bytes begin with a literal in lower case, whatever case they stand in.
    func startsIgnoringCase(_ literal: StaticString) -> Bool {
        byteCount >= literal.utf8CodeUnitCount
            && extracting(unchecked: 0..<literal.utf8CodeUnitCount).holdsIgnoringCase(literal)
    }
}
