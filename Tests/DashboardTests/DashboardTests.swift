import Bytes
import HTTP
import TestSupport
import Testing
import Transport

@testable import Dashboard

@Suite("The pages' files")
struct DashboardTests {
    private let page = DashboardFile("docs/index.html", ByteSlice(utf8: "<p>"), gzip: ByteSlice(utf8: "less"))

    private func headers(_ lines: String) throws -> HTTPHeaders {
        let buffer = ReceiveBuffer()
        buffer.append(ByteSlice(utf8: "GET / HTTP/1.1\r\nhost: a\r\n\(lines)\r\n").span)
        var parser = HTTPRequestParser()
        return try #require(try parser.parse(buffer)).headers
    }

    private func value(_ name: String, _ response: HTTPResponse) -> String? {
        response.headers.first { $0.name == name }?.value
    }

    private func body(_ response: HTTPResponse) -> String? {
        if case .bytes(let bytes) = response.body { bytes.description } else { nil }
    }

    @Test("a folder's index is the folder, everything else has its own name")
    func paths() {
        #expect(DashboardFile.path(of: "index.html") == "/")
        #expect(DashboardFile.path(of: "docs/index.html") == "/docs")
        #expect(DashboardFile.path(of: "a/index.html.js") == "/a/index.html.js")
        #expect(DashboardFile.path(of: "myindex.html") == "/myindex.html")
    }

    @Test("whoever takes gzip gets it, under a tag of its own")
    func compresses() throws {
        let plain = page.response(to: try headers(""))
        let small = page.response(to: try headers("accept-encoding: br, gzip\r\n"))
        #expect(body(plain) == "<p>")
        #expect(body(small) == "less")
        #expect(value("content-encoding", plain) == nil)
        #expect(value("content-encoding", small) == "gzip")
        #expect(value("etag", plain) != value("etag", small))
        for response in [plain, small] { #expect(value("vary", response) == "accept-encoding") }
        #expect(body(page.response(to: try headers("accept-encoding: gzip;q=0\r\n"))) == "<p>")
        let other = DashboardFile("a.js", ByteSlice(utf8: "x")).response(to: try headers("accept-encoding: gzip\r\n"))
        #expect(body(other) == "x")
        #expect(value("content-encoding", other) == nil)
    }

    @Test("a client that has it is told so, whatever else it has")
    func notModified() throws {
        let tag = try #require(value("etag", page.response(to: .empty)))
        for line in [tag, "W/\(tag)", "\"other\", \(tag)", "*", " \"a\" ,\t\(tag) "] {
            let response = page.response(to: try headers("if-none-match: \(line)\r\n"))
            #expect(response.status == .notModified, "\(line)")
            #expect(body(response) == nil)
            #expect(value("etag", response) == tag)
        }
        for line in ["\"other\"", "other", "W/\"\""] {
            #expect(page.response(to: try headers("if-none-match: \(line)\r\n")).status == .ok, "\(line)")
        }
        #expect(DashboardFile("docs/index.html", ByteSlice(utf8: "<q>")).response(to: .empty).headers[0].value != tag)
    }

    @Test("a folder's files are read as they are now; what is not among them is not served")
    func folder() async throws {
        let folder = temporaryPath()
        func write(_ name: String, _ text: String) async throws {
            let path = "\(folder)/\(name)"
            try await Command.run(["sh", "-c", "mkdir -p $(dirname '\(path)') && printf %s '\(text)' > '\(path)'"])
        }
        try await write("index.html", "one")
        try await write("parts/a.js", "a")
        try await write(".hidden", "no")
        #expect(try PageFolder.names(in: folder) == ["index.html", "parts/a.js"])
        #expect(try await PageFolder.read("parts/a.js", in: folder).description == "a")
        try await write("index.html", "two")
        #expect(try await PageFolder.read("index.html", in: folder).description == "two")
        let dashboard = try Dashboard(folder: folder)
        #expect(dashboard.files.map(\.path).filter { !$0.hasPrefix("/vendor/") } == ["/", "/parts/a.js"])
        try await Command.run(["rm", "-r", folder])
        #expect(throws: DashboardError.self) { try Dashboard(folder: folder) }
    }
}
