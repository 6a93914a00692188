public import Bytes
import Transport

/// Takes a streamed response's body; each call waits while the client does not read.
public final class HTTPResponseWriter {
    private let connection: HTTPConnection
    private let isChunked: Bool
    private let isDiscarded: Bool
    private var rest: Int?

    init(_ connection: HTTPConnection, _ framing: HTTPFraming) {
        self.connection = connection
        isChunked = framing == .chunked
        isDiscarded = framing == .none
        if case .length(let length) = framing { rest = length }
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
        if isChunked { connection.output.writeChunkSize(bytes.count) }
        try await connection.write(bytes)
        if isChunked { connection.output.write(literal: "\r\n") }
    }

    /// Sends what was written so far.
    public func flush() async throws {
        try await connection.flush()
    }

    /// Ends the body.
    func finish() throws(HTTPError) {
        if let rest, rest > 0 { throw HTTPError(.limit, "the body is shorter than its length") }
        if isChunked { connection.output.write(literal: "0\r\n\r\n") }
    }
}
