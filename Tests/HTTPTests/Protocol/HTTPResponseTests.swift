import Bytes
import HTTP
import Testing

@Suite struct HTTPResponseEncoderTests {
    private func head(
        _ response: HTTPResponse, _ version: HTTPVersion = .http11, isHead: Bool = false, keepsAlive: Bool = true
    ) -> String {
        var writer = ByteWriter()
        let form = HTTPResponseForm(version: version, isHead: isHead, keepsAlive: keepsAlive)
        let (framing, told) = HTTPResponseEncoder.writeHead(
            response, form, common: ByteSlice(utf8: "a: b\r\n"), into: &writer)
        let text = writer.finish().description.replacing("\r\n", with: "|")
        // What the caller is told is what the client is told.
        #expect(told == !text.contains("connection: close"))
        return text + " \(framing)"
    }

    @Test func `writes what the request's version and method ask for`() {
        let body = HTTPResponse.text(.ok, "hi")
        let type = "content-type: text/plain; charset=utf-8"
        #expect(head(body) == "HTTP/1.1 200 OK|a: b|\(type)|content-length: 2|| length(2)")
        #expect(head(body, isHead: true) == "HTTP/1.1 200 OK|a: b|\(type)|content-length: 2|| none")
        #expect(
            head(body, keepsAlive: false)
                == "HTTP/1.1 200 OK|a: b|\(type)|content-length: 2|connection: close|| length(2)")
        #expect(
            head(body, .http10) == "HTTP/1.1 200 OK|a: b|\(type)|content-length: 2|connection: keep-alive|| length(2)")
        #expect(head(HTTPResponse(.noContent)) == "HTTP/1.1 204 No Content|a: b|| none")
        #expect(head(HTTPResponse(.noContent, body: .bytes([1]))) == "HTTP/1.1 204 No Content|a: b|| none")
        #expect(head(HTTPResponse(HTTPStatus(299))) == "HTTP/1.1 299 |a: b|content-length: 0|| length(0)")
    }

    @Test func `streams in chunks, or until the end where chunks are unknown`() {
        let stream = HTTPResponse(.ok, body: .stream(length: nil) { _ in })
        #expect(head(stream) == "HTTP/1.1 200 OK|a: b|transfer-encoding: chunked|| chunked")
        #expect(head(stream, .http10, isHead: true) == "HTTP/1.1 200 OK|a: b|connection: close|| none")
        #expect(head(stream, .http10) == "HTTP/1.1 200 OK|a: b|connection: close|| untilClose")
        let known = HTTPResponse(.ok, body: .stream(length: 12_345) { _ in })
        #expect(head(known) == "HTTP/1.1 200 OK|a: b|content-length: 12345|| length(12345)")
    }

    @Test func `lets no value end its line`() {
        let response = HTTPResponse(.noContent, headers: [HTTPHeader("x y", "1\r\nset-cookie: a\0")])
        #expect(head(response) == "HTTP/1.1 204 No Content|a: b|x-y: 1  set-cookie: a || none")
    }

    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
    ]) func `writes dates`(seconds: Int64, text: String) {
        var writer = ByteWriter()
        HTTPDate.write(seconds, into: &writer)
        let written = writer.finish().description
        #expect(written == text)
    }
}

@Suite struct HTTPResponseParserTests {
    private func parse(_ text: String, isHead: Bool = false) throws -> HTTPResponseHead? {
        let bytes = ByteSlice(utf8: text)
        let buffer = ReceiveBuffer(capacity: 8)
        var parser = HTTPResponseParser()
        for index in 0..<bytes.count {
            buffer.append(bytes.slice(index..<(index + 1)).span)
            if let head = try parser.parse(buffer, isHead: isHead) { return head }
        }
        return nil
    }

    @Test func `knows how the body ends`() throws {
        #expect(try parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")?.framing == .length(5))
        #expect(try parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", isHead: true)?.framing == HTTPFraming.none)
        #expect(try parse("HTTP/1.1 204 \r\nContent-Length: 5\r\n\r\n")?.framing == HTTPFraming.none)
        #expect(try parse("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n")?.framing == .chunked)
        let close = try parse("HTTP/1.1 200 OK\r\n\r\n")
        #expect(close?.framing == .untilClose && close?.keepsAlive == false)
        #expect(
            try parse("HTTP/1.0 404 Not Found\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")?.keepsAlive
                == true)
        #expect(try parse("HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n")?.keepsAlive == false)
    }

    @Test(arguments: [
        "HTTP/2 200\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\nX: 1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\n X: 1\r\n\r\n",
    ]) func `refuses`(text: String) {
        let error = #expect(throws: HTTPError.self) { try parse(text) }
        #expect(error?.code == .malformedResponse)
    }
}
