import Bytes
import TestSupport
import Testing
import Transport

@testable import HTTP

/// Shows what it is given: pieces in brackets, `~` for a pause, `$` for the end.
private final class Marks: HTTPContentEncoder {
    private var isBegun = false

    func begin() { isBegun = true }

    func encode(_ piece: RawSpan, then following: HTTPContentFollowing, into writer: inout ByteWriter) throws {
        guard isBegun else { throw TestFailure("no beginning") }
        if !piece.isEmpty {
            writer.write(literal: "<")
            writer.write(piece)
            writer.write(literal: ">")
        }
        switch following {
        case .more: break
        case .pause: writer.write(literal: "~")
        case .end:
            writer.write(literal: "$")
            isBegun = false
        }
    }
}

@Suite struct ContentCodingTests {
    private static func router() -> Router {
        let router = testRouter()
        func text(_ count: Int) -> HTTPResponse { .text(.ok, String(repeating: "x", count: count)) }
        router.on(.get, "/1023") { _ in text(1023) }
        router.on(.get, "/1024") { _ in text(1024) }
        router.on(.get, "/200000") { _ in text(200_000) }
        router.on(.get, "/coded") { _ in
            var response = text(2000)
            response.headers = [HTTPHeader("Content-Encoding", "other")]
            return response
        }
        router.on(.get, "/pause") { _ in
            HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    try await writer.write(ByteSlice(utf8: "one"))
                    try await writer.flush()
                    try await writer.write(ByteSlice(utf8: "two"))
                })
        }
        router.on(.get, "/broken") { _ in
            HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    try await writer.write(ByteSlice(utf8: "one"))
                    throw TestFailure("broken")
                })
        }
        router.on(.get, "/short") { _ in
            HTTPResponse(.ok, body: .stream(length: 5000) { try await $0.write(ByteSlice(utf8: "one")) })
        }
        return router
    }

    private static func answers(_ requests: String...) async throws -> String {
        var configuration = HTTPServerConfiguration()
        configuration.contentCoding = HTTPContentCoding("mark") { Marks() }
        let answers = Gathered()
        try await withHTTPServer(configuration, { router() }) { server, loop in
            let talk = try await Talk(server, loop)
            for request in requests { try await talk.send("\(request)Host: a\r\n\r\n") }
            try await talk.send("GET /ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            answers.text = try await talk.receiveAll()
        }
        return answers.text.replacing("HTTP/1.1 204 No Content|connection: close||", with: "")
    }

    private final class Gathered: @unchecked Sendable {
        // Written before the server's tasks end, read after.
        var text = ""
    }

    private static let accepts = "HTTP/1.1\r\nAccept-Encoding: mark\r\n"
    private static let text = "content-type: text/plain; charset=utf-8"
    private static let vary = "vary: accept-encoding"
    private static let long = String(repeating: "x", count: 1024)

    @Test func `a body of the minimum and more is encoded for who takes it, and varies for all`() async throws {
        let got = try await Self.answers(
            "GET /1024 \(Self.accepts)", "GET /1024 HTTP/1.1\r\n", "HEAD /1024 \(Self.accepts)")
        let head = "HTTP/1.1 200 OK|\(Self.text)|\(Self.vary)|"
        #expect(
            got == "\(head)content-encoding: mark|content-length: 1027||<\(Self.long)>$"
                + "\(head)content-length: 1024||\(Self.long)\(head)content-encoding: mark|content-length: 1027||")
    }

    @Test func `what is shorter, encoded already or without a body stays as it is`() async throws {
        let got = try await Self.answers(
            "GET /1023 \(Self.accepts)", "GET /ping \(Self.accepts)", "HEAD /coded \(Self.accepts)")
        #expect(!got.contains("vary"))
        #expect(!got.contains("content-encoding: mark"))
        #expect(got.contains("content-length: 1023||\(Self.long.dropLast())HTTP/1.1 204"))
    }

    @Test func `streams are encoded as they come, up to where they pause`() async throws {
        let got = try await Self.answers("GET /stream \(Self.accepts)", "GET /pause \(Self.accepts)")
        let head = "HTTP/1.1 200 OK|\(Self.vary)|content-encoding: mark|transfer-encoding: chunked||"
        #expect(got == "\(head)12|<one><two><three>$|0||\(head)6|<one>~|6|<two>$|0||")
    }

    @Test func `a long body is encoded in pieces while it is sent`() async throws {
        let got = try await Self.answers("GET /200000 \(Self.accepts)", "HEAD /200000 \(Self.accepts)")
        #expect(got.contains("transfer-encoding: chunked||10002|<x"))
        #expect(got.count { $0 == "<" } == 4)
        #expect(got.count { $0 == "x" } >= 200_000)
        #expect(got.hasSuffix("content-encoding: mark|transfer-encoding: chunked||"))
    }

    @Test func `a stream that fails before anything left is answered with what is wrong`() async throws {
        let got = try await Self.answers(
            "GET /broken \(Self.accepts)", "GET /short \(Self.accepts)", "GET /1024 \(Self.accepts)")
        #expect(got.hasPrefix("HTTP/1.1 500 Internal Server Error|\(Self.text)|content-length: 15"))
        #expect(got.components("HTTP/1.1 500").count == 3)
        #expect(got.hasSuffix("|content-encoding: mark|content-length: 1027||<\(Self.long)>$"))
    }

    @Test func `an old client gets a long body until the connection closes`() async throws {
        let got = try await Self.answers("GET /200000 HTTP/1.0\r\nAccept-Encoding: mark\r\nConnection: keep-alive\r\n")
        #expect(got.hasPrefix("HTTP/1.1 200 OK|\(Self.text)|\(Self.vary)|content-encoding: mark|connection: close||<x"))
        #expect(got.hasSuffix("x>$"))
    }

    @Test(arguments: [
        (["gzip"], true), (["GZIP"], true), (["x-gzip"], true), (["deflate, gzip;q=1.0, *;q=0.5"], true), (["*"], true),
        (["br", " gzip ; q=0.001"], true), (["gzip;q=0, gzip"], true), (["identity;q=0, *"], true), ([], false),
        ([""], false), (["identity"], false), (["br, deflate"], false), (["gzip;q=0"], false),
        (["gzip;q=0.000"], false),
        (["*;q=0"], false), (["gzip;q=0, *"], false), (["gzip;q=x"], false), (["gzip;q=-1"], false),
        (["gzip;q=nan"], false),
        (["gzipped"], false), (["gzip;q"], false),
    ])
    func `Accept-Encoding allows it by name or by star, with a weight above zero`(values: [String], isAccepted: Bool) {
        #expect(HTTPContentCoding("gzip") { nil }.isAccepted(by: values) == isAccepted)
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}
