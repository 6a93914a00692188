import Bytes
import Compression
import HTTP
import Testing

@testable import EventAPI

@Suite struct RequestBodiesTests {
    private static func gzip(_ text: String) throws -> ByteSlice {
        var writer = ByteWriter()
        try GzipCompressor().compress(ByteSlice(utf8: text).span, into: &writer)
        return writer.finish()
    }

    private static func joined(_ parts: ByteSlice...) -> ByteSlice {
        var writer = ByteWriter()
        for part in parts { writer.write(part) }
        return writer.finish()
    }

    @Test func `gzip and identity are known, in every way to write them`() throws {
        let cases: [([String], RequestBodies.Coding?)] = [
            ([], .identity), (["identity"], .identity), ([""], .identity), (["gzip"], .gzip), (["X-GZip"], .gzip),
            (["identity, GZIP"], .gzip), (["identity", "gzip"], .gzip), (["br"], nil), (["gzip, gzip"], nil),
            (["gzip", "x-gzip"], nil), (["deflate"], nil), (["gzip;q=1"], nil), (["gzip br"], nil),
        ]
        for (values, coding) in cases {
            let values = values.map { ByteSlice(utf8: $0) }
            if let coding {
                #expect(try RequestBodies.coding(of: values) == coding)
            } else {
                let error = #expect(throws: HTTPError.self) { try RequestBodies.coding(of: values) }
                #expect(error?.status == .unsupportedMediaType)
                #expect(error?.headers == [HTTPHeader("accept-encoding", "gzip")])
            }
        }
    }

    @Test func `a body is decompressed up to the limit, to the byte`() async throws {
        let bodies = RequestBodies(limit: 1000)
        let fine = String(repeating: "x", count: 1000)
        #expect(try await bodies.decompress(Self.gzip(fine)).utf8 == fine)
        #expect(try await bodies.decompress(Self.joined(Self.gzip("one"), Self.gzip("two"))).utf8 == "onetwo")
        for size in [1001, 10_000_000] {
            let error = await #expect(throws: HTTPError.self) {
                try await bodies.decompress(Self.gzip(String(repeating: "x", count: size)))
            }
            #expect(error?.status == .contentTooLarge)
        }
        // One that was refused does not harm the next.
        #expect(try await bodies.decompress(Self.gzip("y")).utf8 == "y")
    }

    @MainActor @Test func `large bodies take turns, each with memory of its own`() async throws {
        let bodies = RequestBodies(limit: 1 << 20)
        let texts = (0..<3).map { String(repeating: "some text \($0), ", count: 70_000) }
        let tasks = try texts.map { text in
            let packed = try Self.gzip(text)
            return Task { @MainActor in try await bodies.decompress(packed) }
        }
        for (text, task) in zip(texts, tasks) { #expect(try await task.value.utf8 == text) }
    }

    @Test func `damaged bytes are refused, wherever the damage is`() async throws {
        let bodies = RequestBodies(limit: 1000)
        let whole = try Self.gzip("some text, some text, some text")
        for end in 0..<whole.count {
            let error = await #expect(throws: HTTPError.self) { try await bodies.decompress(whole.slice(0..<end)) }
            #expect(error?.status == .badRequest)
        }
        for tail in ["x", "\u{0}", "\u{1f}"] {
            let error = await #expect(throws: HTTPError.self) {
                try await bodies.decompress(Self.joined(whole, ByteSlice(utf8: tail)))
            }
            #expect(error?.status == .badRequest)
        }
        await #expect(throws: HTTPError.self) { try await bodies.decompress(ByteSlice(utf8: "{}")) }
    }

    @Test func `every route with a body takes a compressed one`() async throws {
        let empty = try Self.gzip("{}")
        let large = try Self.gzip(String(repeating: " ", count: 5000))
        try await RefusalTests.withAPI { client in
            for (method, path) in [
                (.post, "/event"), (.post, "/event/"), (.put, "/event/01890a5d-ac96-774b-bcce-b302099a8057"),
            ] as [(HTTPMethod, String)] {
                func send(_ body: ByteSlice, _ coding: String) async throws -> HTTPClientResponse {
                    try await client.send(method, path, headers: [HTTPHeader("Content-Encoding", coding)], body: body)
                }
                let fine = try await send(empty, "gzip")
                #expect(fine.status == .badRequest)
                #expect(fine.body.description.contains(method == .put ? "no field to change" : "conversation_id"))
                let damaged = try await send(ByteSlice(utf8: "{}"), "gzip")
                #expect(damaged.status == .badRequest)
                #expect(damaged.body.description.contains("body: gzip: "))
                let tooLarge = try await send(large, "x-gzip")
                #expect(tooLarge.status == .contentTooLarge)
                let unknown = try await send(ByteSlice(utf8: "{}"), "br")
                #expect(unknown.status == .unsupportedMediaType)
                #expect(unknown.head.headers.first("accept-encoding") == ByteSlice(utf8: "gzip"))
                #expect(unknown.body.description.hasPrefix(#"{"success":false,"error":"Content-Encoding: "#))
            }
        }
    }
}
