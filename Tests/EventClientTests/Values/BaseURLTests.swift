import Testing
import Transport

@testable import EventClient

@Suite struct BaseURLTests {
    @Test(arguments: [
        ("http://localhost", "localhost", 80, "localhost", ""),
        ("HTTP://127.0.0.1:8080/", "127.0.0.1", 8080, "127.0.0.1:8080", ""),
        ("https://events.example.com/base/v1//", "events.example.com", 443, "events.example.com", "/base/v1"),
        ("https://[::1]:8443/a%20b", "::1", 8443, "[::1]:8443", "/a%20b"),
        ("http://[fe80::1]", "fe80::1", 80, "[fe80::1]", ""),
    ]) func reads(_ text: String, _ host: String, _ port: Int, _ authority: String, _ path: String) throws {
        let url = try BaseURL(text)
        #expect(url.endpoint == .tcp(host: host, port: port))
        #expect(url.authority == authority && url.path == path)
        #expect(url.isSecure == text.hasPrefix("https"))
    }

    @Test(arguments: [
        "", "localhost:8080", "ftp://host", "http://", "http://:80", "http://[::1", "http://[]", "http://[host]",
        "http://::1", "http://host:", "http://host:0", "http://host:65536", "http://host:+1", "http://user:pass@host",
        "http://host/a?b", "http://host#x", "http://ho st", "http://hö.example", "http://host/\n",
    ]) func refuses(_ text: String) {
        #expect(throws: EventClientError.self) { try BaseURL(text) }
    }
}
