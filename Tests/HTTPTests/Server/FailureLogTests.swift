import Bytes
import Telemetry
import TestSupport
import Testing

@testable import HTTP

@Suite struct FailureLogTests {
    private func head(_ text: String) throws -> HTTPRequestHead {
        var parser = HTTPRequestParser()
        let buffer = ReceiveBuffer()
        let bytes = ByteSlice(utf8: text.replacing("\n", with: "\r\n") + "\r\n\r\n")
        buffer.append(bytes.span)
        return try #require(try parser.parse(buffer))
    }

    private func text(_ line: FailureLog.Line?) -> String? {
        line.map { line in
            "\(line.level) \(line.message) \(line.metadata.pairs.map { "\($0.key)=\($0.value)" }.joined(separator: " "))"
        }
    }

    @Test func `a failure is told with its request and its reason, and without its query`() throws {
        var log = FailureLog()
        let request = try head("GET /event/1?secret=2 HTTP/1.1\nHost: a")
        #expect(
            text(log.line(for: request, id: "r1", .refused(.serviceUnavailable), "busy", at: 0))
                == "warning request refused request_id=r1 method=GET path=/event/1 error=busy status=503")
        #expect(
            text(log.line(for: request, id: "r2", .refused(.internalServerError), "a fault", at: 0))
                == "error a handler failed request_id=r2 method=GET path=/event/1 error=a fault status=500")
        #expect(
            text(log.line(for: request, id: "r3", .cut, "lost", at: 0))
                == "warning a response was cut in its middle request_id=r3 method=GET path=/event/1 error=lost")
    }

    @Test func `a flood of failures does not flood the log`() throws {
        var log = FailureLog()
        let lines = (0..<1000).compactMap { _ in
            log.line(for: nil, id: "r", .refused(.serviceUnavailable), "busy", at: 0)
        }
        #expect(lines.count == 10)
        // Nor does it hide a fault of the program.
        #expect(log.line(for: nil, id: "r", .refused(.internalServerError), "a fault", at: 0)?.level == .error)
        let next = log.line(for: nil, id: "r", .refused(.serviceUnavailable), "busy", at: 1000)
        #expect(next?.metadata["left_out"] == "990")
    }

    @Test func `a request's name is the client's where a log can hold it`() throws {
        let long = String(repeating: "x", count: 129)
        for (value, id) in [("abc-1", "abc-1"), ("a b", nil), (long, nil), ("", nil), ("é", nil)] as [(String, String?)]
        {
            let request = try head("GET / HTTP/1.1\nHost: a\nX-Request-Id: \(value)")
            #expect(request.clientID == id)
        }
    }

    @Test func `a response that fails shows the name that the log has`() async throws {
        try await withHTTPServer { server, loop in
            let client = HTTPClient(server.localEndpoint, on: loop)
            let named = try await client.send(.get, "/fail", headers: [HTTPHeader("X-Request-Id", "mine")])
            #expect(named.head.headers.first("x-request-id") == ByteSlice(utf8: "mine"))
            let unnamed = try await client.send(.get, "/fail")
            #expect(unnamed.head.headers.first("x-request-id")?.count == 32)
            let fine = try await client.send(.get, "/nope")
            #expect(fine.head.headers.first("x-request-id") == nil)
            client.close()
        }
    }
}
