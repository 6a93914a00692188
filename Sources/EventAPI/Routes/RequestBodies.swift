import Bytes
import Compression
import HTTP

/// Takes requests' bodies, compressed ones too. One for each loop.
final class RequestBodies {
    /// How a body is written (RFC 9110, section 8.4).
    enum Coding: Hashable {
        case identity, gzip
    }

    private let limit: Int
    /// With its memory kept from one body to the next; made when the first compressed body comes.
    private var decompressor: GzipDecompressor?

    /// - Parameter limit: The largest body, in bytes, as it is sent and decompressed.
    init(limit: Int) { self.limit = limit }

    /// The whole body, decompressed.
    ///
    /// - Throws: `HTTPError`: 415 for an encoding that is not known, 413 past the limit, 400 for damaged bytes, 503 where
    ///   there are too many large bodies at once.
    func collect(_ request: HTTPRequest) async throws -> ByteSlice {
        let coding = try Self.coding(of: request.headers.all("content-encoding"))
        if coding == .identity { return try await request.body.collect(upTo: limit) }
        // A few bytes may become many.
        let body = try await request.body.collect(upTo: limit) { min(limit, $0 * Self.highestRatio) }
        let whole = try await decompress(body)
        // The compressed bytes lie in the connection's buffer, which lives on.
        request.body.keep(body.count + whole.count)
        return whole
    }

    /// No byte of DEFLATE becomes more than so many (zlib's technical details: 1,032 to 1).
    private static let highestRatio = 1_032

    /// After so many bytes other requests have their turn.
    private static let turn = 256 << 10

    /// The gzip members in `body`.
    func decompress(_ body: ByteSlice) async throws(HTTPError) -> ByteSlice {
        do throws(CompressionError) {
            // Taken out meanwhile: other bodies may come between the steps.
            let gzip: GzipDecompressor
            if let kept = decompressor.take() { gzip = kept } else { gzip = try GzipDecompressor() }
            defer { decompressor = gzip }
            var writer = ByteWriter()
            gzip.begin(limit: limit)
            while try !gzip.advance(body.span, into: &writer, atMost: Self.turn) { await Task.yield() }
            return writer.finish()
        } catch {
            switch error.code {
            case .limit: throw HTTPError(.contentTooLarge, "the body, decompressed, is larger than \(limit) bytes")
            case .library: throw HTTPError(.internalServerError, "internal error", detail: error.message)
            default: throw HTTPError(.badRequest, "body: \(error.message)")
            }
        }
    }

    /// What the values of `Content-Encoding` name.
    static func coding(of values: [ByteSlice]) throws(HTTPError) -> Coding {
        var coding = Coding.identity
        for value in values {
            for piece in value.description.split(separator: ",") {
                let name = piece.filter { $0 != " " && $0 != "\t" }.lowercased()
                if name.isEmpty || name == "identity" { continue }
                guard name == "gzip" || name == "x-gzip", coding == .identity else {
                    throw HTTPError(
                        .unsupportedMediaType,
                        "Content-Encoding: only gzip and identity are known, once, not '\(value.description.prefix(64))'",
                        headers: [HTTPHeader("accept-encoding", "gzip")])
                }
                coding = .gzip
            }
        }
        return coding
    }
}
