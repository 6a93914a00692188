import Bytes
import ClickHouseProtocol
import TestSupport
import Testing
import Transport

@testable import ClickHouseClient

@Suite("Who answers a native hello in another way")
struct OtherProtocolTests {
    @Test(
        "The first bytes tell",
        arguments: [
            ([], .native), ([0, 10], .native), ([2, 1], .native), (Array("HTTP/1.1 400".utf8), .other(.http)),
            (Array("HTT".utf8), .needsMore), ([0x15], .needsMore), ([0x15, 3, 3, 0, 2], .other(.tls)),
            (Array("HELO".utf8), .other(.unknown(Array("HELO".utf8)))), ([0x4A], .other(.unknown([0x4A]))),
        ] as [([UInt8], OtherProtocol.Judgement)])
    func judgements(bytes: [UInt8], judgement: OtherProtocol.Judgement) {
        #expect(OtherProtocol.judge(bytes) == judgement)
    }

    private static let cases = [
        ("HTTP/1.1 400 Bad Request\r\nConnection: Close\r\n\r\n", "speaks HTTP, not ClickHouse's native protocol"),
        ("HTTP/1.0 400 Bad Request\r\n\r\nPort 9000 is for clickhouse-client program\r\n", "speaks HTTP"),
        ("\u{15}\u{3}\u{3}\u{0}\u{2}\u{2}F", "speaks TLS"), ("HT", "does not speak ClickHouse's native protocol"),
        // Whoever sends piece by piece is known by the first one.
        ("SSH-2.0-OpenSSH", "its answer begins with 53"),
        ("", "closed the connection instead of saying hello"),
    ]

    @Test("What a client says of it", arguments: cases, [1, 100])
    func answers(_ pair: (answer: String, expected: String), piece: Int) async throws {
        let (answer, expected) = pair
        try await withFakeServer { server in
            try await server.hear()
            var rest = ByteSlice(utf8: answer)
            while rest.count > 0 {
                try await server.stream.write(rest.prefix(min(piece, rest.count)))
                rest = rest.slice(min(piece, rest.count)..<rest.count)
                await Task.yield()
            }
            try await server.stream.shutdownWrite()
            await server.hearOut()
        } _: { client in
            let error = try #require(await #expect(throws: ClickHouseError.self) { try await client.ping() })
            let endpoint = try #require(error.endpoint)
            #expect(error.description.hasPrefix(endpoint.description))
            #expect(error.description.contains(expected), "\(error)")
            #expect(error.code == (answer.isEmpty ? .connect : .otherProtocol))
        }
    }
}
