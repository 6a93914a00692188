import Testing
import Transport

@Suite struct EndpointTests {
    @Test(arguments: [
        ("localhost:9092", Endpoint.tcp(host: "localhost", port: 9092)),
        ("127.0.0.1:0", .tcp(host: "127.0.0.1", port: 0)),
        ("[::1]:9092", .tcp(host: "::1", port: 9092)),
        ("unix:/run/x.sock", .unix(path: "/run/x.sock")),
    ])
    func readsWhatItWrites(text: String, endpoint: Endpoint) throws {
        #expect(try Endpoint.parse(text) == endpoint)
        #expect(endpoint.description == text)
    }

    @Test func takesADefaultPort() throws {
        #expect(try Endpoint.parse("host", defaultPort: 9) == .tcp(host: "host", port: 9))
        #expect(try Endpoint.parse("::1", defaultPort: 9) == .tcp(host: "::1", port: 9))
        #expect(try Endpoint.parse("[::1]", defaultPort: 9) == .tcp(host: "::1", port: 9))
    }

    @Test(arguments: [
        "", ":1", "host", "host:", "host:x", "host:65536", "host:-1", "ho st:1", "[::1:1", "[::1]x",
        "unix:",
    ])
    func refuses(text: String) {
        #expect(throws: TransportError.self) { try Endpoint.parse(text) }
    }
}
