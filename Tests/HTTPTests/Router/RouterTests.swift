import Bytes
@testable import HTTP
import Testing

@Suite struct RouterTests {
    private func router(ignoresTrailingSlash: Bool = false) -> Router {
        let router = Router(ignoresTrailingSlash: ignoresTrailingSlash)
        func on(_ method: HTTPMethod, _ pattern: String) {
            router.on(method, pattern) { request in
                let values = ["id", "name"].map { request.parameters.text($0) }.filter { !$0.isEmpty }
                return .text(.ok, ([pattern] + values).joined(separator: " "))
            }
        }
        on(.get, "/")
        on(.post, "/event")
        on(.post, "/event/")
        on(.get, "/event/:id")
        on(.put, "/event/:id")
        on(.get, "/event/special")
        on(.get, "/a/:id/b/:name")
        return router
    }

    private func answer(_ line: String, _ router: Router) async throws -> String {
        let buffer = ReceiveBuffer()
        buffer.append(ByteSlice(utf8: "\(line) HTTP/1.1\r\nHost: a\r\n\r\n").span)
        var parser = HTTPRequestParser()
        let head = try #require(try parser.parse(buffer))
        let request = HTTPRequest(head: head, body: HTTPRequestBody(source: nil), stream: nil)
        do {
            let response: HTTPResponse
            switch try router.answer(to: request) {
            case .now(let known): response = known
            case .later(let request, let handler): response = try await handler(request)
            }
            if case .bytes(let body) = response.body { return body.description }
            return "\(response.status.code) " + response.headers.map { "\($0.name): \($0.value)" }.joined()
        } catch let error as HTTPError {
            return "\(error.status.code) " + error.headers.map { "\($0.name): \($0.value)" }.joined()
        }
    }

    @Test(arguments: [
        ("GET /", "/"), ("GET http://a", "/"), ("POST /event", "/event"), ("POST /event/", "/event/"),
        ("GET /event/1", "/event/:id 1"), ("GET /event/special", "/event/special"), ("HEAD /event/1", "/event/:id 1"),
        ("GET /event/%41%2f%C3%A9", "/event/:id A/é"), ("GET /event/sp%65cial", "/event/special"),
        ("GET /a/1/b/2?x", "/a/:id/b/:name 1 2"),
        ("GET /event/%00", "/event/:id \0"), ("GET /event/a+b", "/event/:id a+b"),
        ("GET /nope", "404 "), ("GET //", "404 "), ("GET /event/1/", "404 "), ("GET /event/1/2", "404 "),
        ("GET /a/1/b", "404 "),
        ("GET /event/%4", "400 "), ("GET /event/%zz", "400 "), ("GET /event/%ff", "400 "), ("GET /event/%", "400 "),
        ("GET /event", "405 allow: POST, OPTIONS"), ("POST /event/1", "405 allow: GET, PUT, HEAD, OPTIONS"),
        ("BREW /event/1", "405 allow: GET, PUT, HEAD, OPTIONS"),
        ("OPTIONS /event/1", "204 allow: GET, PUT, HEAD, OPTIONS"),
        ("OPTIONS *", "204 "), ("OPTIONS /nope", "404 "), ("PUT /event/special", "405 allow: GET, HEAD, OPTIONS"),
    ]) func `finds the handler`(line: String, answer: String) async throws {
        #expect(try await self.answer(line, router()) == answer)
    }

    @Test func `passes over a trailing slash where it is told to`() async throws {
        let router = router(ignoresTrailingSlash: true)
        #expect(try await answer("GET /event/1/", router) == "/event/:id 1")
        #expect(try await answer("GET /a/1/b/2/", router) == "/a/:id/b/:name 1 2")
        #expect(try await answer("GET /event/1//", router) == "404 ")
    }
}

@Suite struct HTTPQueryTests {
    private let query = HTTPQuery(
        ByteSlice(
            utf8: "days=7&name=a+b%21&empty=&flag&days2=x&twice=1&twice=1&bad=%zz&n%61me2=c=d&big=99999999999999999999")
    )

    @Test func `gives typed values`() throws {
        #expect(try query.integer("days", in: 1...10) == 7)
        #expect(try query.integer("missing", in: 1...10) == nil)
        #expect(try query.requiredText("days") == "7")
        let plain = HTTPQuery(ByteSlice(utf8: "name=a+b%21&n%61me2=c=d&&=x&flag"))
        #expect(try plain.text("name") == "a b!")
        #expect(try plain.text("name2") == "c=d")
        #expect(try plain.value("flag")?.isEmpty == true)
        #expect(try HTTPQuery(.empty).text("x") == nil)
    }

    @Test(arguments: [
        ("empty", "empty must not be empty"), ("flag", "flag must not be empty"),
        ("days2", "days2 must be a whole number from 1 to 10, not 'x'"),
        ("twice", "twice is given twice"), ("bad", "the query has an invalid percent-encoding in bad"),
        ("big", "big must be a whole number from 1 to 10, not '99999999999999999999'"),
    ]) func `names what is wrong`(name: String, message: String) {
        let error = #expect(throws: HTTPError.self) { try query.integer(name, in: 1...10) }
        #expect(error?.message == message && error?.status == .badRequest)
    }

    @Test func `refuses what is missing or out of range`() {
        #expect(throws: HTTPError.self) { try query.requiredText("missing") }
        #expect(throws: HTTPError.self) { try query.integer("days", in: 1...6) }
        #expect(throws: HTTPError.self) { try HTTPQuery(ByteSlice(utf8: "n=%2B7")).integer("n", in: 1...10) }
        #expect(throws: HTTPError.self) { try HTTPQuery(ByteSlice(utf8: "n=1.0")).integer("n", in: 1...10) }
    }
}
