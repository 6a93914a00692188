public import Bytes

/// Parses the heads of requests that come one after another (RFC 9112): give it the buffer whenever bytes have come.
///
/// Stricter than the RFC allows where leniency lets two parsers disagree: lines end in CR LF, nothing is folded, one
/// Content-Length, one Host, no fragment in the target, no control characters anywhere.
public struct HTTPRequestParser {
    private let limits: HTTPLimits
    private var lines = LineScanner()
    private var block = HeaderBlockParser()
    private var start: StartLine?
    private var headersStart = 0
    private var emptyLines = 0

    private struct StartLine {
        let method: HTTPMethod
        let version: HTTPVersion
        let target: RequestTarget
    }

    /// Makes a parser.
    public init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
    }

    /// Whether a head has begun and is not whole yet.
    public var isInside: Bool { start != nil || lines.lineStart > 0 }

    /// The next request's head, taken from the buffer, or nil where more bytes are needed.
    ///
    /// - Throws: `HTTPError` with the status to refuse it with. The connection is of no more use then, but for the
    ///   refusal: where the request ends is unknown.
    public mutating func parse(_ buffer: ReceiveBuffer) throws(HTTPError) -> HTTPRequestHead? {
        let bytes = buffer.span
        while true {
            guard start != nil else {
                switch try lines.next(in: bytes, before: lines.lineStart + limits.line) {
                case .partial: return nil
                case .tooLong: throw HTTPError(.uriTooLong, "the request line is longer than \(limits.line) bytes")
                case .whole(let line): try parseStart(bytes, line)
                }
                continue
            }
            switch try lines.next(in: bytes, before: headersStart + limits.headerBytes) {
            case .partial: return nil
            case .tooLong:
                throw HTTPError(.headerFieldsTooLarge, "the headers are longer than \(limits.headerBytes) bytes")
            case .whole(let line) where line.isEmpty: return try finish(buffer)
            case .whole(let line): try block.parse(bytes, line, limit: limits.headerCount)
            }
        }
    }

    private mutating func parseStart(_ bytes: RawSpan, _ line: Range<Int>) throws(HTTPError) {
        if line.isEmpty {
            // An old client's spare CR LF behind a body (RFC 9112, section 2.2).
            emptyLines += 1
            guard emptyLines <= 2 else { throw HTTPError(.badRequest, "empty lines stand before the request") }
            return
        }
        var at = line.lowerBound
        while at < line.upperBound, HTTPCharacters.isToken(bytes.at(at)) { at &+= 1 }
        guard at > line.lowerBound, at < line.upperBound, bytes.at(at) == 0x20 else {
            throw HTTPError(.badRequest, "the request line has no method")
        }
        let method = HTTPMethod(bytes.extracting(unchecked: line.lowerBound..<at))
        let targetStart = at + 1
        at = targetStart
        while at < line.upperBound, HTTPCharacters.isTarget(bytes.at(at)) { at &+= 1 }
        guard at > targetStart, at < line.upperBound, bytes.at(at) == 0x20 else {
            throw HTTPError(.badRequest, "the request line has no valid target")
        }
        let version = try parseVersion(bytes.extracting(unchecked: (at + 1)..<line.upperBound))
        if case .other("CONNECT") = method { throw HTTPError(.notImplemented, "this server is no proxy") }
        start = StartLine(
            method: method, version: version, target: try RequestTarget(bytes, targetStart..<at, method: method))
        headersStart = lines.lineStart
        block.restart()
    }

    private func parseVersion(_ text: RawSpan) throws(HTTPError) -> HTTPVersion {
        if text.holds("HTTP/1.1") { return .http11 }
        guard text.byteCount == 8, text.extracting(unchecked: 0..<5).holds("HTTP/"), text.at(5) &- 0x30 < 10,
            text.at(6) == UInt8(ascii: "."), text.at(7) &- 0x30 < 10
        else { throw HTTPError(.badRequest, "the request line has no valid version") }
        guard text.at(5) == UInt8(ascii: "1") else {
            throw HTTPError(.versionNotSupported, "only HTTP/1 is spoken here")
        }
        return text.at(7) == UInt8(ascii: "0") ? .http10 : .http11
    }

    private mutating func finish(_ buffer: ReceiveBuffer) throws(HTTPError) -> HTTPRequestHead? {
        guard var start = self.start.take() else { return nil }
        let facts = block.facts
        let framing = try framing(facts, version: start.version)
        try checkHost(facts, &start, buffer.span)
        let keepsAlive = !facts.asksToClose && (start.version == .http11 || facts.asksToKeepAlive)
        let head = buffer.takeSlice(lines.lineStart)
        lines.restart()
        emptyLines = 0
        // A client of HTTP/1.0 cannot mean it (RFC 9110, section 10.1.1).
        let expectation = start.version == .http10 ? .none : facts.expectation
        return HTTPRequestHead(
            method: start.method, version: start.version, headers: HTTPHeaders(bytes: head, fields: block.fields),
            framing: framing, expectation: expectation, keepsAlive: keepsAlive, target: start.target)
    }

    private func framing(_ facts: HeaderFacts, version: HTTPVersion) throws(HTTPError) -> HTTPFraming {
        guard facts.hasTransferEncoding else { return facts.length.map { $0 == 0 ? .none : .length($0) } ?? .none }
        guard facts.length == nil else {
            throw HTTPError(.badRequest, "Content-Length and Transfer-Encoding exclude each other")
        }
        guard version == .http11 else { throw HTTPError(.badRequest, "HTTP/1.0 has no Transfer-Encoding") }
        return .chunked
    }

    private func checkHost(_ facts: HeaderFacts, _ start: inout StartLine, _ bytes: RawSpan) throws(HTTPError) {
        guard let host = facts.host else {
            guard start.version == .http10 else { throw HTTPError(.badRequest, "a request must have a Host header") }
            return
        }
        for index in host where !HTTPCharacters.isAuthority(bytes.at(index)) {
            throw HTTPError(.badRequest, "Host is no host")
        }
        // A target with a host of its own wins (RFC 9112, section 3.2.2).
        guard start.target.authority.isEmpty else { return }
        var target = start.target
        target.authority = host
        start = StartLine(method: start.method, version: start.version, target: target)
    }
}
