import Bytes
import HTTP
import Testing

@Suite struct HTTPRequestParserTests {
    @Test func `takes requests that come one behind the other`() {
        let bytes = """
            GET /a/b?c=d&e HTTP/1.1\r\nHost: x:80\r\nX-Long:  a \tb \r\nEmpty:\r\n\r\n\
            POST /event HTTP/1.1\r\nhost: [::1]\r\nCONTENT-LENGTH: 5\r\nExpect: 100-Continue\r\n\r\nhello\
            \r\nPUT / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n\
            DELETE * HTTP/1.1\r\nHost: x\r\n\r\n
            """
        expectOutcome(
            bytes,
            """
            GET /a/b ? c=d&e @x:80 http11 keep
            POST /event ?  @[::1] http11 keep continue hello
            PUT / ?  @ http10 keep
            refused 400
            """)
    }

    @Test func `decides on the connection as both sides say`() {
        for (version, header, keeps) in [
            ("1.1", "", "keep"), ("1.1", "Connection: close\r\n", "close"),
            ("1.1", "Connection: TE, CLOSE\r\n", "close"),
            ("1.0", "", "close"), ("1.0", "Connection: keep-alive\r\n", "keep"),
            ("1.0", "Connection: keep-alive\r\nConnection: close\r\n", "close"), ("1.7", "", "keep"),
        ] {
            let name = version == "1.0" ? "http10" : "http11"
            expectOutcome(
                "GET / HTTP/\(version)\r\nHost: x\r\n\(header)\r\n", "GET / ?  @x \(name) \(keeps)")
        }
    }

    @Test(arguments: [
        ("GET http://a.b:80/c?d HTTP/1.1\r\nHost: other\r\n\r\n", "GET /c ? d @a.b:80 http11 keep"),
        ("GET HTTPS://a HTTP/1.1\r\nHost: a\r\n\r\n", "GET  ?  @a http11 keep"),
        ("GET http://a?q HTTP/1.1\r\nHost: a\r\n\r\n", "GET  ? q @a http11 keep"),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * ?  @a http11 keep"),
        ("BREW /pot HTTP/1.1\r\nHost:\r\n\r\n", "BREW /pot ?  @ http11 keep"),
    ]) func `takes every form of target`(bytes: String, outcome: String) { expectOutcome(bytes, outcome) }

    /// What can be read in two ways, and what is no HTTP/1.1 at all.
    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400), ("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: a\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n\n", 400), ("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX(: 1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: 123456789\u{1}\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{7f}\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("GET /\r\n", 400), ("GET  / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1 \r\n\r\n", 400),
        (" GET / HTTP/1.1\r\n\r\n", 400),
        ("GET\t/ HTTP/1.1\r\n\r\n", 400), ("G@T / HTTP/1.1\r\n\r\n", 400), ("GET a HTTP/1.1\r\n\r\n", 400),
        ("GET * HTTP/1.1\r\n\r\n", 400), ("GET /a#b HTTP/1.1\r\n\r\n", 400), ("GET /é HTTP/1.1\r\n\r\n", 400),
        ("GET /a b HTTP/1.1\r\n\r\n", 400), ("GET http:/a HTTP/1.1\r\n\r\n", 400),
        ("GET http:///a HTTP/1.1\r\n\r\n", 400),
        ("GET http://u@a/ HTTP/1.1\r\n\r\n", 400), ("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / http/1.1\r\n\r\n", 400), ("GET / HTTP/11\r\n\r\n", 400), ("GET / HTTP/1.1.1\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\n\r\n", 505), ("GET / HTTP/0.9\r\n\r\n", 505), ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n", 400), ("\u{16}\u{3}\u{1}\n", 400),
    ]) func `refuses`(bytes: String, status: Int) {
        // A proxy is asked for by its method or by its target; either way it is refused.
        expectOutcome(bytes, "refused \(bytes.hasPrefix("CONNECT") ? 501 : status)")
    }

    @Test func `holds to its limits, whole or in pieces`() {
        var limits = HTTPLimits()
        limits.line = 40
        limits.headerBytes = 60
        limits.headerCount = 3
        func path(_ count: Int) -> String { "/" + String(repeating: "p", count: count) }
        // "GET " and " HTTP/1.1" and the carriage return are 14 bytes.
        expectOutcome("GET \(path(25)) HTTP/1.1\r\nHost: a\r\n\r\n", "GET \(path(25)) ?  @a http11 keep", limits)
        expectOutcome("GET \(path(26)) HTTP/1.1\r\nHost: a\r\n\r\n", "refused 414", limits)
        expectOutcome("GET \(path(500))", "refused 414", limits)
        expectOutcome("GET / HTTP/1.1\r\nHost: a\r\nA:1\r\nB:2\r\n\r\n", "GET / ?  @a http11 keep", limits)
        expectOutcome("GET / HTTP/1.1\r\nHost: a\r\nA:1\r\nB:2\r\nC:3\r\n\r\n", "refused 431", limits)
        expectOutcome("GET / HTTP/1.1\r\nHost: a\r\nA:\(path(60))", "refused 431", limits)
        expectOutcome("GET / HTTP/1.1\r\nHost: a\r\nA:\(path(21))\r\nB:\(path(21))\r\n\r\n", "refused 431", limits)
    }

    @Test func `finds headers whatever case they stand in`() throws {
        let buffer = ReceiveBuffer()
        buffer.append(ByteSlice(utf8: "GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nx-ONE: 2\r\n\r\n").span)
        var parser = HTTPRequestParser()
        let head = try #require(try parser.parse(buffer))
        #expect(head.headers.first("x-one") == ByteSlice(utf8: "1"))
        #expect(head.headers.all("x-one") == [ByteSlice(utf8: "1"), ByteSlice(utf8: "2")])
        #expect(head.headers.first("x-on") == nil)
        #expect(head.headers.count == 3)
        #expect(head.headers.name(at: 2) == ByteSlice(utf8: "x-ONE"))
        #expect(buffer.isEmpty)
    }
}

@Suite struct HTTPBodyDecoderTests {
    @Test(arguments: [
        ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("0\r\n\r\n", ""), ("00\r\n\r\n", ""),
        ("5;a=\"b c\";d\r\nhello\r\nA\r\n0123456789\r\n000\r\nT: 1\r\nU: 2\r\n\r\n", "hello0123456789"),
        ("a\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n\r\n\r\n\r\n"),
    ]) func `takes chunks`(bytes: String, body: String) {
        expectOutcome(chunked(bytes), "POST / ?  @a http11 keep \(body)".trimmingSpace)
    }

    @Test(arguments: [
        "5 \r\nhello\r\n", " 5\r\nhello\r\n", "+5\r\nhello\r\n", "0x5\r\nhello\r\n", "\r\nhello\r\n", "g\r\n", "-1\r\n",
        "5\nhello\r\n", "5\r\nhellox\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r\r\n", "5\r\nhell\r\n0\r\n\r\n",
        "5;a\rb\r\nhello\r\n",
        "5;a\0\r\nhello\r\n", "1000000000000000\r\n", "0000000000000005\r\nhello\r\n",
        "5;\(String(repeating: "x", count: 300))\r\n",
        "0\r\nT : 1\r\n\r\n", "0\r\n folded\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n",
        "0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "0\r\nHost: b\r\n\r\n", "0\r\n\n",
    ]) func `refuses odd chunks`(bytes: String) {
        let outcome = outcomes(of: chunked(bytes), HTTPLimits())
        #expect(outcome.count == 1, "\(outcome)")
        #expect(outcome.first?.hasSuffix("refused 400") == true, "\(outcome)")
    }

    @Test func `keeps the trailers apart`() throws {
        let buffer = ReceiveBuffer()
        buffer.append(ByteSlice(utf8: "1\r\nx\r\n0\r\nX-Sum: 7\r\n\r\nGET").span)
        var decoder = HTTPBodyDecoder(.chunked)
        while case .bytes = try decoder.next(buffer) {}
        #expect(decoder.isDone)
        #expect(decoder.trailers.first("x-sum") == ByteSlice(utf8: "7"))
        #expect(buffer.count == 3)
    }

    private func chunked(_ bytes: String) -> String {
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + bytes
    }
}
