public import Bytes

/// What a request means for its response's form.
public struct HTTPResponseForm: Sendable {
    /// The request's version.
    public var version: HTTPVersion

    /// Whether it is answered without its body: a HEAD.
    public var isHead: Bool

    /// Whether the connection takes another request after the response.
    public var keepsAlive: Bool

    /// Makes a form.
    public init(version: HTTPVersion, isHead: Bool, keepsAlive: Bool) {
        self.version = version
        self.isHead = isHead
        self.keepsAlive = keepsAlive
    }
}

/// Writes responses' heads (RFC 9110, RFC 9112).
public enum HTTPResponseEncoder {
    /// Writes a response's head, the empty line included.
    ///
    /// - Parameters:
    ///   - form: What the request asked for.
    ///   - common: Header lines that every response has, as they are sent: the date, the server's own.
    /// - Returns: How the body is to be sent: `none` where it is not; and whether the connection goes on behind it, which
    ///   is what the client was told.
    public static func writeHead(
        _ response: borrowing HTTPResponse, _ form: HTTPResponseForm, common: ByteSlice, into writer: inout ByteWriter
    ) -> (framing: HTTPFraming, keepsAlive: Bool) {
        let framing = framing(response, form)
        let keepsAlive = form.keepsAlive && framing != .untilClose
        writeStatus(response.status, into: &writer)
        writer.write(common)
        if let type = response.contentType {
            writer.write(literal: "content-type: ")
            writer.write(literal: type.value)
            writer.write(literal: "\r\n")
        }
        for header in response.headers { writer.writeHeader(header) }
        switch framing {
        case .length(let length):
            writer.write(literal: "content-length: ")
            writer.writeDecimal(length)
            writer.write(literal: "\r\n")
        case .chunked: writer.write(literal: "transfer-encoding: chunked\r\n")
        case .none, .untilClose: break
        }
        if !keepsAlive {
            writer.write(literal: "connection: close\r\n\r\n")
        } else if form.version == .http10 {
            writer.write(literal: "connection: keep-alive\r\n\r\n")
        } else {
            writer.write(literal: "\r\n")
        }
        return (form.isHead ? .none : framing, keepsAlive)
    }

    private static func framing(_ response: borrowing HTTPResponse, _ form: HTTPResponseForm) -> HTTPFraming {
        guard !response.status.hasNoBody else { return .none }
        switch response.body {
        case .none: return .length(0)
        case .bytes(let bytes): return .length(bytes.count)
        case .stream(length: let length?, _): return .length(length)
        case .stream(length: nil, _): return form.version == .http11 ? .chunked : .untilClose
        }
    }

    private static func writeStatus(_ status: HTTPStatus, into writer: inout ByteWriter) {
        if let line = status.line { return writer.write(literal: line) }
        writer.write(literal: "HTTP/1.1 ")
        writer.writeDecimal(status.code)
        // The reason may be empty, its space may not.
        writer.write(literal: " \r\n")
    }
}

extension ByteWriter {
    /// Writes a header's line; control characters in it become spaces, so that a value from outside ends no line.
    mutating func writeHeader(_ header: HTTPHeader) {
        for byte in header.name.utf8 { writeByte(HTTPCharacters.isToken(byte) ? byte : UInt8(ascii: "-")) }
        write(literal: ": ")
        for byte in header.value.utf8 { writeByte(HTTPCharacters.isValue(byte) ? byte : 0x20) }
        write(literal: "\r\n")
    }

    /// Writes the line that begins a chunk of so many bytes.
    mutating func writeChunkSize(_ size: Int) {
        writeHexadecimal(UInt64(size), digits: max((Int.bitWidth - size.leadingZeroBitCount + 3) / 4, 1))
        write(literal: "\r\n")
    }
}
