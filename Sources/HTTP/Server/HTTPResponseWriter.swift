public import Bytes
import Transport

/// Takes a streamed response's body; each call waits while the client does not read.
public final class HTTPResponseWriter {
    private let connection: HTTPConnection
    private let isChunked: Bool
    private let isDiscarded: Bool
    private var rest: Int?
    private let encoder: (any HTTPContentEncoder)?
    /// What was encoded and has not gone on yet.
    private var encoded = ByteWriter()

    /// Pieces of this size are encoded at a time; so much of what they become goes on together.
    private static let (encodedPiece, encodedTogether) = (65_536, 16_384)

    /// - Parameters:
    ///   - length: How long the body is before it is encoded, where that is known.
    ///   - encoder: What the body goes through.
    init(_ connection: HTTPConnection, _ framing: HTTPFraming, length: Int?, encoder: (any HTTPContentEncoder)?) {
        self.connection = connection
        self.encoder = encoder
        isChunked = framing == .chunked
        isDiscarded = framing == .none
        rest = length
    }

    /// Sends some of the body; small pieces go together with the next ones.
    ///
    /// - Throws: `HTTPError` `.limit` past the length that the response gave; `TransportError` where the client is gone
    ///   or reads too slowly.
    public func write(_ bytes: ByteSlice) async throws {
        guard !bytes.isEmpty, !isDiscarded else { return }
        if let rest {
            guard bytes.count <= rest else { throw HTTPError(.limit, "the body is longer than its length") }
            self.rest = rest - bytes.count
        }
        guard let encoder else { return try await send(bytes) }
        var start = 0
        while start < bytes.count {
            let end = min(start + Self.encodedPiece, bytes.count)
            let piece = bytes.slice(start..<end)
            try encoder.encode(piece.span, then: .more, into: &encoded)
            if encoded.count >= Self.encodedTogether { try await send(takeEncoded()) }
            start = end
            // It takes a while: the loop's other connections have their turn.
            if start < bytes.count { await Task.yield() }
        }
    }

    /// Sends what was written so far.
    public func flush() async throws {
        if let encoder, !isDiscarded {
            let nothing = ByteSlice.empty
            try encoder.encode(nothing.span, then: .pause, into: &encoded)
            try await send(takeEncoded())
        }
        try await connection.flush()
    }

    private func takeEncoded() -> ByteSlice { encoded.take(capacity: Self.encodedTogether) }

    private func send(_ bytes: ByteSlice) async throws {
        guard !bytes.isEmpty else { return }
        if isChunked { connection.output.writeChunkSize(bytes.count) }
        try await connection.write(bytes)
        if isChunked { connection.output.write(literal: "\r\n") }
    }

    /// Ends the body.
    func finish() async throws {
        if let rest, rest > 0 { throw HTTPError(.limit, "the body is shorter than its length") }
        if let encoder, !isDiscarded {
            let nothing = ByteSlice.empty
            try encoder.encode(nothing.span, then: .end, into: &encoded)
            try await send(takeEncoded())
        }
        if isChunked { connection.output.write(literal: "0\r\n\r\n") }
    }
}
