public import Bytes

/// A response's status and headers.
public struct HTTPResponseHead: Sendable {
    /// The status.
    public let status: HTTPStatus

    /// The version.
    public let version: HTTPVersion

    /// The headers.
    public let headers: HTTPHeaders

    /// How the body's end is known.
    public let framing: HTTPFraming

    /// Whether the connection takes another request.
    public let keepsAlive: Bool
}

/// Parses the heads of responses (RFC 9112, sections 4 and 6.3), as strictly as requests are parsed.
public struct HTTPResponseParser {
    private let limits: HTTPLimits
    private var lines = LineScanner()
    private var block = HeaderBlockParser()
    private var start: (status: HTTPStatus, version: HTTPVersion)?
    private var headersStart = 0

    /// Makes a parser.
    public init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
    }

    /// The next response's head, taken from the buffer, or nil where more bytes are needed.
    ///
    /// - Parameter isHead: Whether it answers a HEAD, and so has no body.
    /// - Throws: `HTTPError` `.malformedResponse`.
    public mutating func parse(_ buffer: ReceiveBuffer, isHead: Bool) throws(HTTPError) -> HTTPResponseHead? {
        do throws(HTTPError) {
            return try step(buffer, isHead: isHead)
        } catch {
            throw HTTPError(.malformedResponse, "the response is no HTTP/1.1: \(error.message)")
        }
    }

    private mutating func step(_ buffer: ReceiveBuffer, isHead: Bool) throws(HTTPError) -> HTTPResponseHead? {
        let bytes = buffer.span
        while true {
            let end = start == nil ? lines.lineStart + limits.line : headersStart + limits.headerBytes
            switch try lines.next(in: bytes, before: end) {
            case .partial: return nil
            case .tooLong: throw HTTPError(.headerFieldsTooLarge, "the head is too long")
            case .whole(let line) where start == nil: try parseStatus(bytes, line)
            case .whole(let line) where line.isEmpty: return try finish(buffer, isHead: isHead)
            case .whole(let line): try block.parse(bytes, line, limit: limits.headerCount)
            }
        }
    }

    private mutating func parseStatus(_ bytes: RawSpan, _ line: Range<Int>) throws(HTTPError) {
        let text = bytes.extracting(unchecked: line)
        guard text.byteCount >= 12, text.extracting(unchecked: 0..<7).holds("HTTP/1."), text.at(8) == 0x20,
            text.at(7) &- 0x30 < 10, text.byteCount == 12 || text.at(12) == 0x20,
            text.isHeaderValue(12..<text.byteCount)
        else { throw HTTPError(.badRequest, "the status line is malformed") }
        var code = 0
        for index in 9..<12 {
            let digit = text.at(index) &- 0x30
            guard digit < 10 else { throw HTTPError(.badRequest, "the status is no number") }
            code = code * 10 + Int(digit)
        }
        guard code >= 100 else { throw HTTPError(.badRequest, "the status is no number of three digits") }
        start = (HTTPStatus(unchecked: code), text.at(7) == 0x30 ? .http10 : .http11)
        headersStart = lines.lineStart
        block.restart()
    }

    private mutating func finish(_ buffer: ReceiveBuffer, isHead: Bool) throws(HTTPError) -> HTTPResponseHead? {
        guard let (status, version) = start.take() else { return nil }
        let facts = block.facts
        let framing: HTTPFraming
        if facts.hasTransferEncoding, facts.length != nil {
            throw HTTPError(.badRequest, "Content-Length and Transfer-Encoding exclude each other")
        }
        if isHead || status.hasNoBody {
            framing = .none
        } else if facts.isChunked {
            framing = .chunked
        } else {
            framing = facts.length.map { $0 == 0 ? .none : .length($0) } ?? .untilClose
        }
        let keepsAlive =
            !facts.asksToClose && framing != .untilClose && (version == .http11 || facts.asksToKeepAlive)
        let head = buffer.takeSlice(lines.lineStart)
        lines.restart()
        return HTTPResponseHead(
            status: status, version: version, headers: HTTPHeaders(bytes: head, fields: block.fields),
            framing: framing, keepsAlive: keepsAlive)
    }
}
