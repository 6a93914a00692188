import Bytes

/// What a server speaks that does not answer a native hello as ClickHouse does, told by its first bytes.
enum OtherProtocol: Hashable {
    case http, tls
    /// Something else; with its first bytes.
    case unknown([UInt8])

    /// What the first bytes tell.
    enum Judgement: Hashable {
        /// They may be a native hello, or an exception in its place.
        case native
        /// They may be the start of something else, or there are none yet.
        case needsMore
        case other(OtherProtocol)
    }

    /// Looks at what has come in answer to a hello.
    static func judge(_ span: RawSpan) -> Judgement {
        guard span.byteCount > 0 else { return .native }
        let bytes = (0..<min(span.byteCount, 16)).map { span[$0] }
        return judge(bytes)
    }

    static func judge(_ bytes: [UInt8]) -> Judgement {
        // A hello's number, and an exception's.
        if bytes.isEmpty || bytes[0] == 0 || bytes[0] == 2 { return .native }
        for (start, other) in [(Array("HTTP/".utf8), OtherProtocol.http), ([0x15, 0x03], .tls)] {
            if bytes.starts(with: start) { return .other(other) }
            if start.starts(with: bytes) { return .needsMore }
        }
        return .other(.unknown(bytes))
    }

    /// What to tell of it, behind the server's name.
    var message: String {
        switch self {
        case .http: "speaks HTTP, not ClickHouse's native protocol (its port is usually 9000)"
        case .tls: "speaks TLS, and was spoken to without: turn TLS on, or use the port without it (usually 9000)"
        case .unknown(let bytes):
            "does not speak ClickHouse's native protocol (its port is usually 9000): its answer begins with "
                + bytes.map { Self.hexadecimal($0) }.joined(separator: " ")
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}

extension ClickHouseError {
    init(_ other: OtherProtocol) { self.init(.otherProtocol, other.message) }
}
