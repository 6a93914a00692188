public import Bytes

/// A header to be sent.
public struct HTTPHeader: Hashable, Sendable {
    /// The name, best in lower case.
    public var name: String

    /// The value. Control characters in it are sent as spaces: no value ends its line.
    public var value: String

    /// Makes a header.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A media type that is known when the program is built.
public struct HTTPContentType: Sendable {
    let value: StaticString

    /// Makes a media type.
    public init(_ value: StaticString) { self.value = value }

    /// `application/json`
    public static let json = HTTPContentType("application/json")
    /// `text/plain; charset=utf-8`
    public static let text = HTTPContentType("text/plain; charset=utf-8")
    /// `application/octet-stream`
    public static let bytes = HTTPContentType("application/octet-stream")
}

/// An answer to a request. Length, date, connection and chunks are the server's business.
public struct HTTPResponse {
    /// The status.
    public var status: HTTPStatus

    /// The body's type.
    public var contentType: HTTPContentType?

    /// More headers, in their order.
    public var headers: [HTTPHeader]

    /// The body.
    public var body: Body

    /// Whether the connection closes behind this response.
    public var closesConnection = false

    /// What follows a response's headers.
    public enum Body {
        /// Nothing.
        case none
        /// These bytes.
        case bytes(ByteSlice)
        /// What the function writes, waiting where the client does not read: in chunks where the length is not known.
        case stream(length: Int?, write: (HTTPResponseWriter) async throws -> Void)
    }

    /// Makes a response.
    public init(
        _ status: HTTPStatus, contentType: HTTPContentType? = nil, headers: [HTTPHeader] = [], body: Body = .none
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    /// Makes a response whose body is JSON.
    public static func json(_ status: HTTPStatus, _ body: ByteSlice, headers: [HTTPHeader] = []) -> HTTPResponse {
        HTTPResponse(status, contentType: .json, headers: headers, body: .bytes(body))
    }

    /// Makes a response whose body is text.
    public static func text(_ status: HTTPStatus, _ body: String) -> HTTPResponse {
        HTTPResponse(status, contentType: .text, body: .bytes(ByteSlice(utf8: body)))
    }
}
